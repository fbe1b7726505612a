"""Foreign: other formats by their first bytes, which the real one reads and the simulated one refuses by name."""

from typing import Final

_MAGICS: Final = (
    (b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (b"RIFF", "AVI or WAV"),
    (b"OggS", "Ogg"),
    (b"FLV\x01", "Flash video"),
    (b"ID3", "MP3"),
    (b"fLaC", "FLAC"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"#EXTM3U", "an HLS playlist"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
)
HEAD_BYTES: Final = 189
_PACKET_BYTES: Final = 188
_SYNC: Final = 0x47


def foreign(head: bytes) -> str:
    """The name of a format that is not MP4; empty for MP4, and for what is no format at all."""
    if len(head) > _PACKET_BYTES and head[0] == head[_PACKET_BYTES] == _SYNC:
        return "an MPEG transport stream"
    return next((name for magic, name in _MAGICS if head.startswith(magic)), "")
