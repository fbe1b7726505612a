"""Launch: a script or module of the machine becomes `__main__` of a simulated process.

    python PROGRAM.py ARGS      sys.path[0] is the script's folder, `__spec__` is None
    python -m MODULE ARGS       sys.path[0] is the working directory, packages are imported first

Code is read from the machine, whatever is mounted over it: imports look at the real disks first. What the
program then opens by itself goes through its host.
"""

import builtins
import io
import os
import runpy
import site
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from simulator.errors import Misuse
from simulator.kernel import importing
from simulator.kernel.state import here, outside


class Launch:
    """What is to be `__main__`: its module object, and the code that fills it."""

    def __init__(self, target: str, *, is_module: bool = False, folder: str = "") -> None:
        self.is_module = is_module
        self.target = target
        self.folder = folder or os.getcwd()
        self.main_module = _empty_main()
        self._starts = 0
        if is_module:
            self.argv0 = "-m"
            self.path0 = self.folder
            _must_exist(target, self.path0)
        else:
            self.argv0 = target
            self.path = os.path.join(self.folder, target)
            self.path0 = os.path.dirname(os.path.realpath(self.path))
            self._source = _read(self.path)

    @property
    def name(self) -> str:
        """What the process is called: the file's or the module's name."""
        return self.target if self.is_module else os.path.basename(self.target)

    def main(self) -> None:
        """The body of the process; whoever starts it again finds nothing of the last time."""
        self._starts += 1
        if self._starts > 1:
            self._begin_anew()
        if self.is_module:
            self._run_module()
        else:
            self._run_script()

    def _begin_anew(self) -> None:
        assert here.process is not None
        self.main_module = _empty_main()
        here.process.become(self.main_module)
        own = tuple(importing.own_folders)
        for name, module in list(sys.modules.items()):
            place = getattr(module, "__file__", None) or ""
            if name != "__main__" and place.startswith(own) and "site-packages" not in place:
                del sys.modules[name]

    def _run_script(self) -> None:
        path = os.path.abspath(self.path)
        code = compile(self._source, path, "exec", dont_inherit=True)
        self._fill(__file__=path, __loader__=_MachineLoader("__main__", path), __spec__=None, __package__=None)
        exec(code, self.main_module.__dict__)

    def _run_module(self) -> None:
        try:
            _, spec, code = runpy._get_module_details(self.target)  # type: ignore[attr-defined]
        except ImportError as error:
            sys.exit(f"{sys.executable}: {error}")
        sys.argv[0] = spec.origin
        self._fill(
            __file__=spec.origin,
            __cached__=spec.cached,
            __loader__=spec.loader,
            __spec__=spec,
            __package__=spec.parent,
        )
        exec(code, self.main_module.__dict__)

    def _fill(self, **names: Any) -> None:
        self.main_module.__dict__.update(__doc__=None, __cached__=names.pop("__cached__", None), **names)


def _empty_main() -> ModuleType:
    made = ModuleType("__main__")
    made.__dict__["__builtins__"] = builtins
    return made


class _MachineLoader(SourceFileLoader):
    """Reads a module from the machine, even where its folder lies under a mount."""

    def get_data(self, path: str) -> bytes:
        with outside():
            return super().get_data(path)

    def path_stats(self, path: str) -> Any:
        with outside():
            return super().path_stats(path)


class _MachineFinder:
    """Looks for modules on the machine before the host's disks are asked."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of a module, with a loader that stays outside of the simulation."""
        with outside():
            spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _MachineLoader(spec.loader.name, spec.loader.path)
        return spec


@contextmanager
def importing_from(folder: str) -> Iterator[None]:
    """Let `folder` be the first place where imports look, as it is for a program of its own."""
    before = list(sys.path), sys.dont_write_bytecode
    place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
    sys.meta_path.insert(place, _MachineFinder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True  # A program leaves nothing on the machine, not even this.
    importing.own_folders.append(os.path.join(folder, ""))
    try:
        yield
    finally:
        importing.own_folders.pop()
        sys.path[:], sys.dont_write_bytecode = before
        sys.meta_path.remove(_MachineFinder)


def machine_folders(launch: Launch) -> list[str]:
    """Folders of the machine that a program may always read: its own, Python's, and where modules lie."""
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    python = sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()
    found = [launch.path0, launch.folder, ours, *python, *sys.path]
    clean = dict.fromkeys(os.path.realpath(path) for path in found if path and os.path.isdir(path))
    return [path for path in clean if path != "/"]


def _read(path: str) -> bytes:
    """A script's source from the machine; what is wrong with the path is the user's to mend."""
    try:
        with io.open_code(path) as file:
            return file.read()
    except IsADirectoryError:
        raise Misuse(f"{path} is a folder", hint="name a script in it, or run a package with -m") from None
    except OSError as error:
        raise Misuse(f"cannot read the program {path}: {error.strerror}", hint="is the path right?") from None


def _must_exist(module: str, folder: str) -> None:
    top = module.partition(".")[0]
    if top in sys.builtin_module_names or PathFinder.find_spec(top, [folder, *sys.path]) is not None:
        return
    raise Misuse(f"no module named {module!r} in {folder} or among what is installed", hint="-m is for modules")
