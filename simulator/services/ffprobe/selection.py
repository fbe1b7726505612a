"""Selection: the streams that `-select_streams` names, by number, kind, tag or identity."""

from collections.abc import Sequence
from typing import Final

from simulator.services.ffprobe.model import Fields
from simulator.services.ffprobe.options import Refused

_KINDS: Final = {"v": "video", "V": "video", "a": "audio", "s": "subtitle", "d": "data", "t": "attachment"}


def selected(wanted: str, streams: Sequence[Fields]) -> list[Fields]:
    """As in `0`, `v`, `a:1`, `m:language:deu`, `a:m:language:deu`, `#0x2`, `i:2`."""
    found, rest = list(streams), wanted
    while rest:
        word, _, behind = rest.partition(":")
        if word.isdigit() and not behind:
            return found[int(word) : int(word) + 1]
        if word in _KINDS:
            found, rest = [stream for stream in found if stream["codec_type"] == _KINDS[word]], behind
        elif word == "u":
            found, rest = [stream for stream in found if stream["codec_name"]], behind
        elif word == "m" and behind:
            return _with_tag(found, behind)
        elif (word == "i" and behind) or word.startswith("#"):
            return _with_ident(found, behind or word[1:], wanted)
        else:
            raise _nonsense(wanted)
    return found


def _with_tag(streams: Sequence[Fields], text: str) -> list[Fields]:
    key, told, value = text.partition(":")
    kept = []
    for stream in streams:
        tags = stream.get("tags")
        if isinstance(tags, dict) and key in tags and (not told or tags[key] == value):
            kept.append(stream)
    return kept


def _with_ident(streams: Sequence[Fields], text: str, wanted: str) -> list[Fields]:
    try:
        ident = int(text, 0)
    except ValueError:
        raise _nonsense(wanted) from None
    return [stream for stream in streams if int(str(stream["id"]), 16) == ident]


def _nonsense(wanted: str) -> Refused:
    return Refused(f"[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55d0c0de4740] Invalid stream specifier: {wanted}.")
