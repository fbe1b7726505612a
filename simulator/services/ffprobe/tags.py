"""Tags: titles, artists and what else is written into a film, by the names that ffprobe gives them."""

from collections.abc import Mapping
from struct import unpack
from typing import Final

from simulator.services.ffprobe.reader import Damaged
from simulator.services.ffprobe.walker import Parser, Walker

_NAMES: Final = {
    "aART": "album_artist", "apID": "account_id", "catg": "category", "cprt": "copyright", "desc": "description",
    "keyw": "keywords", "ldes": "synopsis", "manu": "make", "modl": "model", "purd": "purchase_date",
    "soaa": "sort_album_artist", "soal": "sort_album", "soar": "sort_artist", "soco": "sort_composer",
    "sonm": "sort_name", "sosn": "sort_show", "tven": "episode_id", "tvnn": "network", "tvsh": "show",
    "\xa9ART": "artist", "\xa9PRD": "producer", "\xa9alb": "album", "\xa9aut": "artist", "\xa9chp": "chapter",
    "\xa9cmt": "comment", "\xa9com": "composer", "\xa9cpy": "copyright", "\xa9day": "date", "\xa9dir": "director",
    "\xa9dis": "disclaimer", "\xa9ed1": "edit_date", "\xa9enc": "encoder", "\xa9fmt": "original_format",
    "\xa9gen": "genre", "\xa9grp": "grouping", "\xa9hst": "host_computer", "\xa9inf": "comment", "\xa9lyr": "lyrics",
    "\xa9mak": "make", "\xa9mod": "model", "\xa9nam": "title", "\xa9ope": "original_artist", "\xa9prd": "producer",
    "\xa9prf": "performers", "\xa9req": "playback_requirements", "\xa9src": "original_source", "\xa9st3": "subtitle",
    "\xa9swr": "encoder", "\xa9too": "encoder", "\xa9trk": "track", "\xa9url": "URL", "\xa9wrn": "warning",
    "\xa9wrt": "composer", "\xa9xyz": "location",
}  # fmt: skip
_BYTES: Final = {
    "akID": "account_type", "cpil": "compilation", "egid": "episode_uid", "hdvd": "hd_video", "pcst": "podcast",
    "pgap": "gapless_playback", "rtng": "rating", "stik": "media_type",
}  # fmt: skip
_PADDED: Final = {"tves": "episode_sort", "tvsn": "season_number"}
_PARTS: Final = {"disk": "disc", "trkn": "track"}
_UTF8: Final = (1, 4)
_SIGNED, _UNSIGNED, _FLOAT, _MAC = 21, 22, 23, 3  # How a value is written.


def read_tag(walker: Walker, kind: str, size: int) -> None:
    """One box inside `udta` or `ilst`."""
    movie, reader = walker.movie, walker.reader
    form = language = 0
    if movie.in_items and size > 8:
        length, inner = reader.signed(4), reader.tag()
        if inner != "data" or not 16 <= length <= size:
            return
        form = reader.number(4)
        reader.number(4)
        length -= 16
        if movie.keyed and movie.keys and kind not in _NAMES:
            number = int.from_bytes(kind.encode("latin-1"))
            _keep(walker, movie.keys[number] if 0 < number < len(movie.keys) else "", form, language, length)
            return
    elif size > 4 and not movie.in_items and kind in (_NAMES | _BYTES | _PADDED | _PARTS):
        length, language = reader.number(2), reader.number(2)
        if length > size:
            reader.skip(-4)
            length, form = size, _UTF8[0]
    else:
        length = size
    if kind in _BYTES or kind in _PADDED:
        reader.skip(3 if kind in _PADDED else 0)
        movie.tags[_BYTES.get(kind) or _PADDED[kind]] = str(reader.number(1))
    elif kind in _PARTS:
        reader.number(2)
        part, of = reader.signed(2), reader.signed(2) if length >= 6 else 0
        movie.tags[_PARTS[kind]] = f"{part}/{of}" if of else str(part)
    else:
        _keep(walker, _NAMES.get(kind, ""), form, language, length)


def _keep(walker: Walker, name: str, form: int, language: int, length: int) -> None:
    if not name:
        return
    text = _text(walker, form, language, length)
    if text is None:
        return
    tags = walker.movie.tags
    tags[name] = text
    if language >= 0x400 and language != 0x55C4:  # 0x55C4 is "und".
        tags[f"{name}-" + "".join(chr(0x60 + (language >> shift & 0x1F)) for shift in (10, 5, 0))] = text


def _text(walker: Walker, form: int, language: int, length: int) -> str | None:
    reader = walker.reader
    if form == _MAC or (form == 0 and language < 0x400):
        return reader.piece(length).decode("mac-roman").split("\0")[0]
    if form in (_SIGNED, _UNSIGNED):
        if not 1 <= length <= 4:
            return "0"
        return str(reader.signed(length) if form == _SIGNED else reader.number(length))
    if form == _FLOAT and length >= 4:
        return f"{unpack('>f', reader.exact(4))[0]:f}"
    if form > 1 and form not in _UTF8:
        return None
    return reader.exact(length).decode("utf-8", "replace").split("\0")[0]


def _keys(walker: Walker, kind: str, size: int) -> None:
    """QuickTime's own names of tags, by number."""
    reader, movie = walker.reader, walker.movie
    if size < 8:
        return
    reader.skip(4)
    count = reader.number(4)
    names = [""]
    for number in range(1, count + 1):
        length, space = reader.number(4), reader.tag()
        if length < 8:
            walker.say(f"The key# {number} in meta has invalid size:{length}")
            raise Damaged
        if space != "mdta":
            reader.skip(length - 8)
        names.append(reader.piece(length - 8).decode("utf-8", "replace").split("\0")[0])
        if reader.ended:
            break
    movie.keys = names


PARSERS: Final[Mapping[str, Parser]] = {"keys": _keys}
