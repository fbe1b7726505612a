"""Films: the bytes of MP4 files as recorders write them, one piece a beat, of any size and the same for the same seed.

    fragmented   ftyp moov (moof mdat)*          only ever appended to
    plain        ftyp free mdat ... moov         the size of mdat, at byte 40, is written at the close
    faststart    ftyp moov free mdat             the same, and then all but the head is moved to make room for moov

One picture a beat, of random bytes: containers are true, so ffprobe answers as it does to real films.
"""

from dataclasses import dataclass
from functools import cache
from random import Random
from struct import pack
from typing import Final

MDAT_SIZE_AT: Final = 40
"""Where a plain film has the size of its `mdat`, as ffmpeg lays it out."""
_TIMESCALE: Final = 1000
_WIDTH, _HEIGHT = 160, 90
_BLOCK: Final = 1 << 16
_MATRIX: Final = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SETTINGS_OF_H264: Final = bytes.fromhex(
    "0142c00bffe100186742c00bda0a37e4c044000003000400000300c83c50aa8001000568ce029c80"
)


def box(kind: str, *parts: bytes) -> bytes:
    """A box: its size, its kind, what is in it."""
    body = b"".join(parts)
    return pack(">I4s", 8 + len(body), kind.encode()) + body


def _full(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, pack(">I", version << 24 | flags), *parts)


@cache
def _noise(seed: int) -> bytes:
    return Random(seed).randbytes(_BLOCK)


def picture(seed: int, number: int, size: int) -> bytes:
    """Bytes that no other place of any film has, for the same cost at every size."""
    noise, stamp = _noise(seed), pack(">QQ", seed & (1 << 64) - 1, number)
    blocks = [stamp + pack(">I", at) + noise[: _BLOCK - 20] for at in range(-(-size // _BLOCK))]
    return b"".join(blocks)[:size]


@dataclass(frozen=True)
class Sample:
    """One picture: how large it is, and how long it is shown."""

    size: int
    duration_ms: int


def head(*, fragmented: bool) -> bytes:
    """What a film begins with, before its first picture."""
    if fragmented:
        return box("ftyp", b"iso5", pack(">I", 512), b"iso5", b"iso6", b"mp41") + _moov((), 0, fragmented=True)
    return box("ftyp", b"isom", pack(">I", 512), b"isom", b"iso2", b"avc1", b"mp41") + box("free") + box("mdat")


def fragment(number: int, starts_ms: int, sample: Sample, payload: bytes) -> bytes:
    """A fragment of one picture."""
    assert len(payload) == sample.size, "a sample is as large as it says"

    def moof(offset: int) -> bytes:
        run = _full("trun", pack(">IiII", 1, offset, sample.duration_ms, sample.size), flags=0x301)
        track = box(
            "traf",
            _full("tfhd", pack(">I", 1), flags=0x020000),
            _full("tfdt", pack(">Q", starts_ms), version=1),
            run,
        )
        return box("moof", _full("mfhd", pack(">I", number)), track)

    return moof(len(moof(0)) + 8) + box("mdat", payload)


def index(samples: tuple[Sample, ...], media_at: int) -> bytes:
    """The `moov` of a film whose pictures follow each other from a byte on."""
    return _moov(samples, media_at, fragmented=False)


def _moov(samples: tuple[Sample, ...], media_at: int, *, fragmented: bool) -> bytes:
    lasts_ms = sum(sample.duration_ms for sample in samples)
    movie = _full(
        "mvhd", pack(">IIIIIH10x", 0, 0, _TIMESCALE, lasts_ms, 0x10000, 0x100), _MATRIX, bytes(24), pack(">I", 2)
    )
    track = _full(
        "tkhd",
        pack(">IIIIIII", 0, 0, 1, 0, lasts_ms, 0, 0),
        pack(">hhhH", 0, 0, 0, 0),
        _MATRIX,
        pack(">II", _WIDTH << 16, _HEIGHT << 16),
        flags=3,
    )
    media = box(
        "mdia",
        _full("mdhd", pack(">IIIIHH", 0, 0, _TIMESCALE, lasts_ms, 0x55C4, 0)),
        _full("hdlr", bytes(4), b"vide", bytes(12), b"VideoHandler\0"),
        box(
            "minf",
            _full("vmhd", bytes(8), flags=1),
            box("dinf", _full("dref", pack(">I", 1), _full("url ", flags=1))),
            _sample_table(samples, media_at),
        ),
    )
    extends = box("mvex", _full("trex", pack(">IIIII", 1, 1, 0, 0, 0))) if fragmented else b""
    return box("moov", movie, box("trak", track, media), extends)


def _sample_table(samples: tuple[Sample, ...], media_at: int) -> bytes:
    codec = box(
        "avc1",
        bytes(6) + pack(">H", 1) + bytes(16),
        pack(">HHIIIH", _WIDTH, _HEIGHT, 0x480000, 0x480000, 0, 1),
        bytes(32) + pack(">Hh", 24, -1),
        box("avcC", _SETTINGS_OF_H264),
    )
    count = len(samples)
    offsets, at = [], media_at
    for sample in samples:
        offsets.append(at)
        at += sample.size
    wide = bool(offsets) and offsets[-1] >> 32 != 0
    return box(
        "stbl",
        _full("stsd", pack(">I", 1), codec),
        _full("stts", pack(">I", count), b"".join(pack(">II", 1, one.duration_ms) for one in samples)),
        _full("stsc", pack(">I", bool(count)), pack(">III", 1, 1, 1) if count else b""),
        _full("stsz", pack(">II", 0, count), b"".join(pack(">I", one.size) for one in samples)),
        _full(
            "co64" if wide else "stco", pack(">I", count), b"".join(pack(">Q" if wide else ">I", at) for at in offsets)
        ),
    )
