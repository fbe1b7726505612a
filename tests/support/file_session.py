"""What a program may do with files, in one long session: told as plain values, the same on every file system.

`tell(root)` works in a folder of its own. Nothing in what it tells depends on where that folder is, on inode or
descriptor numbers, or on the time.
"""

# What returns nothing must return nothing in a simulation as well.
# mypy: disable-error-code="func-returns-value"

import contextlib
import fcntl
import glob
import io
import os
import pathlib
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any


def tell(root: str) -> list[object]:
    """Everything, part by part."""
    told: list[object] = []
    for part in PARTS:
        folder = f"{root}/{part.__name__}"
        os.mkdir(folder)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            told.extend((part.__name__, number, _plain(value, folder)) for number, value in enumerate(part(folder)))
        told.extend((part.__name__, _plain(str(warning.message), folder)) for warning in caught)
    return told


def attempt(act: Callable[..., object], *args: Any, **options: Any) -> object:
    """What an act comes to: its value, or its error with all that it says."""
    try:
        return act(*args, **options)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            return type(error).__name__, error.errno, str(error), error.filename, error.filename2
        return type(error).__name__, str(error)


def _plain(value: object, folder: str) -> object:
    """A value without the folder that it was made in."""
    if isinstance(value, tuple | list):
        return [_plain(part, folder) for part in value]
    if isinstance(value, bytes):
        return value.replace(folder.encode(), b"FOLDER")
    if isinstance(value, os.PathLike):
        return str(value).replace(folder, "FOLDER")
    return value.replace(folder, "FOLDER") if isinstance(value, str) else value


def modes(folder: str) -> Iterator[object]:
    for mode in (
        "r",
        "rb",
        "w",
        "wb",
        "x",
        "xb",
        "a",
        "ab",
        "r+",
        "rb+",
        "w+b",
        "x+",
        "a+b",
        "rt",
        "U",
        "rw",
        "",
        "bt",
    ):
        path = f"{folder}/mode_{mode.replace('+', 'p')}"
        if "x" not in mode:
            pathlib.Path(path).write_bytes(b"one\ntwo\n")
        file: Any = attempt(open, path, mode)
        if isinstance(file, tuple):
            yield mode, file
            continue
        with file:
            yield mode, type(file).__name__, file.mode, file.name, file.tell(), file.readable(), file.writable()
            yield attempt(file.read), attempt(file.write, b"three" if "b" in mode else "three"), file.seekable()
            yield attempt(file.seek, 0), attempt(file.read, 2), attempt(file.truncate, 4), file.closed
        yield pathlib.Path(path).read_bytes(), file.closed


def layers(folder: str) -> Iterator[object]:
    path = f"{folder}/file"
    text: Any
    with open(path, "w") as text:
        yield repr(text), repr(text.buffer), repr(text.buffer.raw), text.encoding, text.errors, text.newlines
        yield text.line_buffering, isinstance(text.buffer.raw, io.FileIO), isinstance(text.buffer.raw, io.RawIOBase)
        raw = text.buffer.raw
        yield raw.mode, raw.closefd, raw.isatty(), text.isatty(), os.get_inheritable(text.fileno())
        text.write("unwritten")
        yield os.path.getsize(path), text.flush(), os.path.getsize(path)
    yield repr(raw), attempt(text.read), attempt(raw.read), attempt(text.fileno), raw.close()
    with open(path, "rb", buffering=0) as unbuffered:
        yield repr(unbuffered), type(unbuffered).__name__, unbuffered.read(3), unbuffered.readall(), unbuffered.read(1)
        target = bytearray(4)
        yield unbuffered.seek(-3, 2), unbuffered.readinto(target), target, attempt(unbuffered.write, b"x")
    with open(path, "w", buffering=1) as lines:
        yield lines.write("a line\nhalf"), os.path.getsize(path), lines.line_buffering
    with open(path, "rb", buffering=1) as odd:
        yield odd.read()
    with open(path, "rb+", buffering=16) as both:
        yield both.read(3), both.write(b"--"), both.read(2), both.seek(0), both.read()
    with open(path, newline="", encoding="latin-1", errors="replace") as narrow:
        yield narrow.encoding, narrow.errors, narrow.readlines()
    yield attempt(open, path, "r", 0), attempt(open, path, "rb", encoding="x"), attempt(open, path, "rb", newline="")
    yield attempt(open, path, closefd=False), attempt(open, path, "rb", errors="x"), attempt(open, 3.5)
    yield attempt(open, folder), attempt(open, folder, "w"), attempt(open, f"{folder}/no/where", "w"), attempt(open, "")
    yield attempt(open, path + "\0"), attempt(open, os.fsencode(path) + b"-"), attempt(open, pathlib.Path(path + "-"))


def numbers(folder: str) -> Iterator[object]:
    path = f"{folder}/file"
    number = os.open(path, os.O_RDWR | os.O_CREAT)
    yield oct(os.fstat(number).st_mode), os.get_inheritable(number), os.isatty(number), os.get_blocking(number)
    file: Any
    with open(number, "w+", closefd=False) as file:
        file.write("hello")
        yield file.name == number, file.mode, file.buffer.raw.closefd
    other = os.dup(number)
    yield os.lseek(number, 1, os.SEEK_SET), os.read(other, 2), os.close(number), os.read(other, 9)
    yield os.writev(other, [b"ab", b"", bytearray(b"cd")]), os.pwritev(other, [b"AB", b"C"], 1)
    first, second = bytearray(3), bytearray(20)
    yield os.preadv(other, [first, second], 0), first, second, os.lseek(other, 0, os.SEEK_SET)
    yield os.readv(other, [first]), first, os.posix_fadvise(other, 0, 0, os.POSIX_FADV_DONTNEED)
    yield os.posix_fallocate(other, 0, 100_000), os.fstat(other).st_size, os.fstat(other).st_blocks >= 190
    yield fcntl.fcntl(other, fcntl.F_GETFL) & os.O_ACCMODE, fcntl.fcntl(other, fcntl.F_GETFD)
    yield os.ftruncate(other, 3), attempt(os.ftruncate, other, -1), attempt(os.lseek, other, -1, 0)
    yield attempt(os.lseek, other, 3, os.SEEK_DATA), os.lseek(other, 0, os.SEEK_DATA), os.lseek(other, 0, os.SEEK_HOLE)
    os.close(other)
    for act in (os.read, os.fstat, os.fsync, os.close, os.dup, os.ftruncate):
        yield act.__name__, attempt(act, other, *([1] if act in (os.read, os.ftruncate) else []))
    made: Any
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
        yield made.name, repr(made.buffer.raw)
    yield attempt(open, path, opener=lambda name, flags: -1), attempt(open, path, opener=lambda name, flags: "x")
    with os.fdopen(os.open(path, os.O_RDONLY)) as wrapped:
        yield wrapped.read(), wrapped.mode, isinstance(wrapped.name, int)
    yield attempt(os.fdopen, -1), attempt(os.read, -1, 1), attempt(os.stat, 99_999), attempt(os.listdir, 99_999)


def names(folder: str) -> Iterator[object]:
    for act in (os.stat, os.lstat, os.mkdir, os.rmdir, os.unlink, os.remove, os.listdir, os.scandir, os.readlink,
                os.statvfs, os.chdir, os.open, os.truncate, os.chmod, os.utime, os.access):  # fmt: skip
        more = {os.open: (0,), os.truncate: (1,), os.chmod: (0o600,), os.access: (0,)}.get(act, ())
        yield act.__name__, attempt(act, f"{folder}/no/file", *more), attempt(act, os.fsencode(folder) + b"/n/f", *more)
        yield act.__name__, attempt(act, 2.5, *more), attempt(act, "", *more), attempt(act, "a\0b", *more)
        yield act.__name__, attempt(act, pathlib.Path(folder, "n", "f"), *more)
    for pair in (os.rename, os.replace, os.link, os.symlink):
        yield pair.__name__, attempt(pair, f"{folder}/no", f"{folder}/else/where"), attempt(pair, "", 2.5)
        yield pair.__name__, attempt(pair, f"{folder}/no", folder), attempt(pair, "a\0b", ""), attempt(pair, "", "a\0b")
    odd = os.fsencode(folder) + b"/odd \xff name"
    os.close(os.open(odd, os.O_CREAT))
    yield os.listdir(folder), os.listdir(os.fsencode(folder)), [entry.name for entry in os.scandir(os.fsencode(folder))]
    yield os.path.exists(os.fsdecode(odd)), os.unlink(odd), os.path.exists(odd)
    yield type(attempt(os.stat, f"{folder}/\ud800")).__name__


def trees(folder: str) -> Iterator[object]:
    top = pathlib.Path(folder)
    for name in ("a/b/c", "a/d", "e"):
        (top / name).mkdir(parents=True)
        (top / name / "file.txt").write_text(name)
    (top / "link").symlink_to("a/d")
    (top / "broken").symlink_to("nowhere")
    yield sorted(top.rglob("*.txt")), sorted(top.glob("*/*")), sorted(glob.glob(f"{folder}/**/*.txt", recursive=True))
    yield sorted((where, sorted(folders), files) for where, folders, files in os.walk(folder))
    yield sorted((where, sorted(folders), files) for where, folders, files, _ in os.fwalk(folder))
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            kinds = entry.is_dir(), entry.is_file(), entry.is_symlink(), entry.is_dir(follow_symlinks=False)
            yield repr(entry), entry.name, entry.path, os.fspath(entry), *kinds, isinstance(entry, os.DirEntry)
            yield entry.inode() == os.lstat(entry.path).st_ino, stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
    yield list(entries), shutil.copytree(folder, f"{folder}-copy", symlinks=True)
    yield sorted(str(path) for path in pathlib.Path(f"{folder}-copy").rglob("*")), os.readlink(f"{folder}-copy/link")
    yield (
        shutil.move(f"{folder}/e", f"{folder}-copy/a"),
        os.path.isdir(f"{folder}/e"),
        os.path.realpath(f"{folder}/link"),
    )
    yield shutil.rmtree(f"{folder}-copy"), os.path.exists(f"{folder}-copy"), attempt(shutil.rmtree, f"{folder}-copy")
    yield (
        os.removedirs(_made(f"{folder}/x/y/z")),
        os.listdir(f"{folder}/a/b"),
        os.renames(f"{folder}/a/d", f"{folder}/f/g"),
    )
    yield os.path.samefile(f"{folder}/f/g", f"{folder}/a/../f/g"), os.path.ismount(folder), (top / "f/g").resolve()
    yield (
        (top / "a").exists(),
        (top / "broken").exists(),
        (top / "broken").is_symlink(),
        os.path.lexists(top / "broken"),
    )
    yield (top / "f").is_dir(), (top / "f/g/file.txt").is_file(), (top / "f/g/file.txt").owner() == "root"
    yield (top / "f/g/file.txt").unlink(), (top / "nothing").unlink(missing_ok=True), attempt((top / "f").rmdir)


def _made(path: str) -> str:
    os.makedirs(path)
    return path


def copies(folder: str) -> Iterator[object]:
    one, two = f"{folder}/one", f"{folder}/two"
    pathlib.Path(one).write_bytes(b"0123456789" * 1000)
    yield shutil.copyfile(one, two), pathlib.Path(two).read_bytes() == pathlib.Path(one).read_bytes()
    os.utime(one, (10.5, 20.25))
    os.chmod(one, 0o640)
    yield shutil.copy2(one, two), os.stat(two).st_mtime_ns, os.stat(two).st_atime > 10.5, oct(os.stat(two).st_mode)
    with open(one, "rb") as source, open(two, "r+b") as target:
        yield os.copy_file_range(source.fileno(), target.fileno(), 5, 1, 3), os.pread(target.fileno(), 10, 0)
        yield (
            os.copy_file_range(source.fileno(), target.fileno(), 3),
            source.seek(0, 1),
            os.lseek(target.fileno(), 0, 1),
        )
        yield os.sendfile(target.fileno(), source.fileno(), 9_995, 100), os.pread(target.fileno(), 10, 3)
        yield os.sendfile(target.fileno(), source.fileno(), 10_000, 100)
    yield attempt(shutil.copyfile, one, one), attempt(shutil.copyfile, one, folder), attempt(shutil.copyfile, "no", two)
    yield os.utime(two, ns=(5, 7)), os.stat(two).st_mtime_ns, attempt(os.utime, two, (1, 2), ns=(1, 2))
    yield shutil.disk_usage(folder).total > 0, os.statvfs(folder).f_namemax
    descriptor = os.open(one, os.O_RDONLY)
    yield (
        os.stat(descriptor).st_size,
        os.chmod(descriptor, 0o600),
        oct(os.fstat(descriptor).st_mode),
        os.close(descriptor),
    )
    yield os.chown(one, 12, 34), os.stat(one).st_uid, os.stat(one).st_gid, os.chown(one, -1, 0), os.stat(one).st_uid


def relative(folder: str) -> Iterator[object]:
    before = os.getcwd()
    os.mkdir(f"{folder}/inner")
    os.chdir(folder)
    try:
        yield os.getcwd(), os.getcwdb(), os.path.abspath("x"), os.listdir(), [entry.path for entry in os.scandir()]
        pathlib.Path("file").write_text("here")
        yield (
            os.path.exists(f"{folder}/file"),
            pathlib.Path("inner/../file").read_text(),
            pathlib.Path.cwd(),
            os.stat("../relative")[0],
        )
        handle = os.open("inner", os.O_RDONLY | os.O_DIRECTORY)
        yield os.mkdir("deep", dir_fd=handle), os.listdir(handle), os.stat("deep", dir_fd=handle).st_nlink
        os.close(os.open("made", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
        yield os.rename("made", "moved", src_dir_fd=handle, dst_dir_fd=handle), sorted(os.listdir("inner"))
        yield os.link("moved", "twin", src_dir_fd=handle), os.stat("twin").st_nlink, os.unlink("moved", dir_fd=handle)
        yield (
            os.symlink("deep", "link", dir_fd=handle),
            os.readlink("link", dir_fd=handle),
            os.access("deep", 0, dir_fd=handle),
        )
        yield attempt(os.stat, "no", dir_fd=handle), attempt(os.unlink, "deep", dir_fd=handle)
        with os.scandir(handle) as entries:
            yield sorted((entry.path, entry.is_dir(), entry.stat(follow_symlinks=False).st_nlink) for entry in entries)
        yield (
            os.chdir(handle),
            os.getcwd(),
            os.rename("../inner", "../renamed"),
            os.getcwd(),
            sorted(os.listdir(handle)),
        )
        yield os.close(handle), attempt(os.stat, "x", dir_fd=handle), os.umask(0o077), os.mkdir("private")
        yield oct(os.stat("private").st_mode), os.umask(0o022)
    finally:
        os.chdir(before)


def scratch(folder: str) -> Iterator[object]:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        yield oct(os.stat(made).st_mode), os.listdir(folder) == [os.path.basename(made)]
        with tempfile.NamedTemporaryFile("w+", dir=made) as named, tempfile.TemporaryFile(dir=made) as unnamed:
            yield named.write("x"), os.path.dirname(named.name) == made, oct(os.stat(named.name).st_mode)
            yield unnamed.write(b"hidden"), unnamed.seek(0), unnamed.read(), len(os.listdir(made)), named.mode
            yield os.fstat(unnamed.fileno()).st_nlink
        with tempfile.SpooledTemporaryFile(max_size=10, dir=made) as spooled:
            yield spooled.write(b"x" * 100), spooled.seek(0), len(spooled.read())
        number, name = tempfile.mkstemp(dir=made, suffix=".mp4")
        yield os.write(number, b"abc"), os.close(number), os.path.getsize(name), name.endswith(".mp4")
    yield os.listdir(folder)


def locks(folder: str) -> Iterator[object]:
    path = f"{folder}/lock"
    with open(path, "w") as one, open(path, "w") as two:
        yield fcntl.flock(one, fcntl.LOCK_EX), attempt(fcntl.flock, two, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield attempt(fcntl.flock, two, fcntl.LOCK_SH | fcntl.LOCK_NB), fcntl.flock(one, fcntl.LOCK_UN)
        yield fcntl.flock(two, fcntl.LOCK_SH | fcntl.LOCK_NB), fcntl.flock(one, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield attempt(fcntl.flock, one, fcntl.LOCK_EX | fcntl.LOCK_NB), fcntl.lockf(one, fcntl.LOCK_EX, 5)
        yield fcntl.lockf(two, fcntl.LOCK_EX | fcntl.LOCK_NB, 2), attempt(fcntl.lockf, one, fcntl.LOCK_SH)
    with open(path) as again, contextlib.suppress(OSError):
        yield fcntl.flock(again.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB), attempt(fcntl.lockf, again, fcntl.LOCK_EX)


PARTS: tuple[Callable[[str], Iterator[object]], ...] = (
    modes, layers, numbers, names, trees, copies, relative, scratch, locks,
)  # fmt: skip
