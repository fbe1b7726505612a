"""Entries: the sample description of a track, which says how it is coded, and the decoder's configuration inside."""

from collections.abc import Mapping
from math import gcd
from typing import Final

from simulator.services.ffprobe import codecs
from simulator.services.ffprobe.movie import Track
from simulator.services.ffprobe.reader import END_OF_FILE, Damaged, Reader
from simulator.services.ffprobe.walker import Parser, Walker

_ENTRIES_MAX: Final = 1024
_CONFIG_MAX_BYTES: Final = 1 << 30
_ELEMENT, _DECODER, _SPECIFIC = 3, 4, 5  # Tags of descriptors.


def _stsd(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    if track is None:
        return
    version = reader.number(1)
    reader.number(3)
    count = reader.signed(4)
    if not 0 < count <= min(size // 8, _ENTRIES_MAX):
        walker.say(f"invalid STSD entries {count}")
        raise Damaged
    if track.entries:
        walker.say("Duplicate stsd found in this track.")
        raise Damaged
    for _ in range(count):
        if reader.ended:
            break
        _entry(walker, track, version)
        track.entries += 1
    if reader.ended:
        raise Damaged(END_OF_FILE)
    if track.kind == "audio" and not track.sample_rate and track.timescale > 1:
        track.sample_rate = track.timescale
    if track.codec in ("mp2", "mp3"):
        track.kind = "audio"


def _entry(walker: Walker, track: Track, version: int) -> None:
    reader = walker.reader
    start = reader.at
    size, tag = reader.number(4), reader.tag()
    if size >= 16:
        reader.number(8)
    elif size <= 7:
        walker.say(f"invalid size {size} in stsd")
        raise Damaged
    if track.tag and track.tag not in ("jpeg", tag, "apcn", "apch", "dvpp", "dvcp"):
        reader.skip(size - (reader.at - start))  # One kind per track.
        return
    track.entry = -1 if track.tag else track.entries
    _identify(track, tag)
    config, track.config = track.config, b""
    if track.kind == "video":
        _video(reader, track)
    elif track.kind == "audio":
        _audio(walker, track, version)
    else:
        reader.skip(size - (reader.at - start))
    left = size - (reader.at - start)
    if left > 8:
        walker.inside("stsd", left)
    elif left > 0:
        reader.skip(left)
    if track.entries:
        track.config = config  # That of the first entry counts.


def _identify(track: Track, tag: str) -> None:
    """The codec by the entry's name, which may also say what kind of track it is."""
    codec, kind = codecs.BY_TAG.get(tag, ("", ""))
    track.tag = tag
    if kind == "audio" and track.kind != "video":
        track.codec, track.kind = codec, "audio"
    elif kind == "video" and track.kind != "audio":
        track.codec, track.kind = codec, "video"
    elif kind == "subtitle" and track.kind in ("data", "subtitle"):
        track.codec, track.kind = codec, "subtitle"
    else:
        track.codec = ""


def _video(reader: Reader, track: Track) -> None:
    reader.number(4)
    track.tags["vendor_id"] = codecs.four_letters(reader.tag())
    reader.skip(8)
    track.width, track.height = reader.number(2), reader.number(2)
    reader.skip(14)
    length = min(reader.number(1), 31)
    name = reader.piece(length).decode("mac-roman").split("\0")[0]
    reader.skip(31 - length)
    if name:
        track.tags["encoder"] = name
    reader.number(2)
    reader.skip(2)


def _audio(walker: Walker, track: Track, box_version: int) -> None:
    reader, movie = walker.reader, walker.movie
    version = reader.number(2)
    reader.number(2)
    track.tags["vendor_id"] = codecs.four_letters(reader.tag())
    track.channels = reader.number(2)
    reader.skip(6)
    track.sample_rate = reader.number(4) >> 16
    quicktime = not movie.iso or "qt  " in movie.tags.get("compatible_brands", "")
    if quicktime or (box_version == 0 and version > 0):
        if version == 1:
            reader.skip(16)
        elif version == 2:
            reader.skip(4)
            track.sample_rate = _of_double(reader.number(8))
            track.channels = reader.signed(4)
            reader.skip(20)
    if track.sample_rate < 0:
        walker.say(f"Invalid sample rate {track.sample_rate}")
        raise Damaged
    if track.channels < 0:
        walker.say(f"Invalid channels {track.channels}")
        raise Damaged


def _of_double(bits: int) -> int:
    """The whole part of a number of 64 bits, as the usual processor cuts it off for 32."""
    from struct import pack, unpack

    value = unpack(">d", pack(">Q", bits))[0]
    return int(value) if abs(value) < 1 << 31 else -(1 << 31)


# --- the decoder's configuration ------------------------------------------------------------------------


def _config(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    if track is None:
        return
    if size > _CONFIG_MAX_BYTES:
        raise Damaged
    if size >= 10:
        here = reader.at
        reader.number(8)
        if reader.at_end():
            raise Damaged
        reader.seek(here)
    if len(track.config) > 1:
        return
    _keep_config(walker, track, size)


def _keep_config(walker: Walker, track: Track, size: int) -> None:
    try:
        track.config = walker.reader.exact(size)
    except Damaged:
        walker.say(f"Failed to read extradata of size {size}")
        raise


def _dops(walker: Walker, kind: str, size: int) -> None:
    track = walker.movie.track
    if track is None:
        return
    if not 11 <= size <= _CONFIG_MAX_BYTES:
        raise Damaged
    track.config = walker.reader.exact(size)


def _vpcc(walker: Walker, kind: str, size: int) -> None:
    track = walker.movie.track
    if track is None:
        return
    if size < 5:
        walker.say("Empty VP Codec Configuration box")
        raise Damaged
    track.config = walker.reader.exact(min(size, 12))


def _esds(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    if track is None:
        return
    reader.number(4)
    tag, _ = _descriptor(reader)
    reader.number(2)
    if tag == _ELEMENT:
        flags = reader.number(1)
        if flags & 0x80:
            reader.number(2)
        if flags & 0x40:
            reader.skip(reader.number(1))
        if flags & 0x20:
            reader.number(2)
    tag, _ = _descriptor(reader)
    if tag != _DECODER:
        return
    object_type = reader.number(1)
    reader.number(8)
    track.bit_rate = reader.number(4)
    track.codec = codecs.BY_OBJECT_TYPE.get(object_type, track.codec)
    tag, length = _descriptor(reader)
    if tag != _SPECIFIC:
        return
    if not length or length > _CONFIG_MAX_BYTES:
        raise Damaged
    _keep_config(walker, track, length)
    if track.codec == "aac":
        heard = codecs.audio_config(track.config)
        if heard is None:
            raise Damaged
        track.codec, track.sample_rate, track.channels = heard


def _descriptor(reader: Reader) -> tuple[int, int]:
    """The tag of a descriptor, and its length in seven bits a byte."""
    tag, length = reader.number(1), 0
    for _ in range(4):
        byte = reader.number(1)
        length = length << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return tag, length


def _pasp(walker: Walker, kind: str, size: int) -> None:
    reader, track = walker.reader, walker.movie.track
    over, under = reader.signed(4), reader.signed(4)
    if track is not None and under:
        common = gcd(over, under) or 1
        track.aspect = over // common, under // common


PARSERS: Final[Mapping[str, Parser]] = {
    "stsd": _stsd,
    **dict.fromkeys(("avcC", "hvcC", "av1C", "glbl"), _config),
    "dOps": _dops,
    "vpcC": _vpcc,
    "esds": _esds,
    "pasp": _pasp,
}
