"""The builtin `open`: Python's own buffers and text layer over a descriptor."""

import io
import warnings
import weakref
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel.interpose.files import real_machine
from simulator.kernel.interpose.files.raw import FileIO
from simulator.kernel.interpose.files.view import (
    Away,
    ask,
    base_of,
    description,
    files,
    name_of,
    process,
    real,
    text_of,
)
from simulator.kernel.process import Process

_ENCODING: Final = "UTF-8"
"""The default of every simulated process: the machine's locale is not the program's."""


def open(  # noqa: A001 - it stands for the builtin.
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Callable[[Any, int], int] | None = None,
) -> Any:
    letters = _checked(file, mode, buffering, encoding, errors, newline)
    text_mode = "b" not in letters
    if text_mode and encoding in {None, "locale"}:
        encoding = _ENCODING
    if opener is None and (place := elsewhere(file, letters)) is not None:
        return _real_open(place, file, mode, buffering, encoding, errors, newline, closefd)
    if not isinstance(file, int):
        file = name_of(file, "")
    raw = FileIO(file, "".join(letter for letter in mode if letter not in "bt"), closefd, opener)
    made: Any = raw
    try:
        line_buffering = buffering == 1 and text_mode
        size = raw._blksize if buffering < 0 or buffering == 1 else buffering
        if size == 0:
            if text_mode:
                raise ValueError("can't have unbuffered text I/O")
            return raw
        if "+" in letters:
            made = io.BufferedRandom(raw, size)
        elif letters & set("xwa"):
            made = io.BufferedWriter(raw, size)
        else:
            made = io.BufferedReader(raw, size)
        if text_mode:
            made = io.TextIOWrapper(made, encoding, errors, newline, line_buffering)
            made.mode = mode
    except BaseException:
        made.close()
        raise
    _remember(made)
    return made


def open_code(path: str) -> Any:
    """What the import system reads modules by."""
    return open(path, "rb")


def elsewhere(file: Any, letters: set[str]) -> str | int | None:
    """What the real `open` is to open: a file of the machine, for reading only; None when the door does it itself."""
    if isinstance(file, int):
        return file if description(file) is None else None
    name = name_of(file, "")
    text = text_of(name)
    if letters & set("wxa+") or real_machine.is_device(text):
        return None
    view = files()
    if text[:1] == "/" and view.is_outside(text):
        return text
    found = ask(_lies_outside, text)
    assert not isinstance(found, Away)
    return found if found is None or view.above_mounts(found) is None else None


def _lies_outside(text: str) -> str | None:
    """Where on the machine a path leads; None when it stays within the mounts, or leads nowhere there."""
    try:
        found = ask(files().stat, text, base_of(None))
    except OSError:
        return None
    return found.text if isinstance(found, Away) else None


def _real_open(place: str | int, file: Any, mode: str, *options: Any) -> Any:
    if isinstance(place, str):
        real_machine.must_not_be_hidden(place, name_of(file, ""))
    try:
        opened = real(io.open)(place, mode, *options)
    except OSError as error:
        error.filename = file if isinstance(file, int) else name_of(file, "")
        raise
    if place != file and not isinstance(file, int):
        raw = getattr(opened, "buffer", opened)
        getattr(raw, "raw", raw).name = name_of(file, "")
    return opened


def _checked(
    file: Any, mode: Any, buffering: Any, encoding: str | None, errors: str | None, newline: str | None
) -> set[str]:
    """The letters of a mode, after the checks and with the texts of the real `open`."""
    if not isinstance(file, int):
        _must_be_path(file)
    if not isinstance(mode, str):
        raise TypeError(f"open() argument 'mode' must be str, not {type(mode).__name__}")
    if not isinstance(buffering, int):
        raise TypeError(f"'{type(buffering).__name__}' object cannot be interpreted as an integer")
    letters = set(mode)
    if letters - set("axrwb+t") or len(mode) > len(letters):
        raise ValueError(f"invalid mode: {mode!r}")
    if {"b", "t"} <= letters:
        raise ValueError("can't have text and binary mode at once")
    if len(letters & set("axrw")) > 1:
        raise ValueError("must have exactly one of create/read/write/append mode")
    if "b" in letters:
        for option, value in (("encoding", encoding), ("errors", errors), ("newline", newline)):
            if value is not None:
                raise ValueError(f"binary mode doesn't take {'an ' if option[0] == 'e' else 'a '}{option} argument")
        if buffering == 1:
            said = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"
            warnings.warn(said, RuntimeWarning, stacklevel=4)
    return letters


def _must_be_path(file: Any) -> None:
    if not isinstance(file, str | bytes) and not hasattr(type(file), "__fspath__"):
        raise TypeError(f"expected str, bytes or os.PathLike object, not {type(file).__name__}")


# --- what is left open ----------------------------------------------------------------------------------


def _remember(made: Any) -> None:
    """Note a file, so that what it buffers is written when the program ends without having closed it."""
    shelf = process().shelf
    if "open_files" not in shelf:
        shelf["open_files"] = {}
        owner = process()
        shelf.setdefault("on_release", []).append(lambda: _flush_all(owner))
    kept: dict[int, Any] = shelf["open_files"]
    shelf["files_opened"] = serial = shelf.get("files_opened", 0) + 1
    kept[serial] = weakref.ref(made, lambda _: kept.pop(serial, None))


def _flush_all(owner: Process) -> None:
    """The interpreter drops what is open at its end, and so flushes it; a cut process flushes nothing."""
    for reference in list(owner.shelf["open_files"].values()):
        made = reference()
        if made is not None and not owner.gone and not made.closed:
            try:
                made.flush()
            except (OSError, ValueError):
                continue
