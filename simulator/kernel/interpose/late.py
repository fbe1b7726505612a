"""Runs a patch when a module is imported, or at once when it is there already.

Libraries that only some programs use are never imported for the sake of patching them.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

Patch = Callable[[ModuleType], object]
_waiting: dict[str, list[Patch]] = {}


def after_import(name: str, patch: Patch) -> None:
    """Call `patch(module)` once the module of that name has been executed."""
    module = sys.modules.get(name)
    if module is not None:
        patch(module)
        return
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    _waiting.setdefault(name, []).append(patch)


class _Finder(MetaPathFinder):
    """Finds what others find, and adds the patches to the loading."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        patches = _waiting.pop(fullname, None)
        if patches is None:
            return None
        spec = find_spec(fullname)  # Asks the other finders: this one knows the name no more.
        if spec is not None and spec.loader is not None:
            spec.loader = _Patched(spec.loader, patches)
        return spec


class _Patched(Loader):
    """A loader with something to do afterwards."""

    def __init__(self, loader: Loader, patches: list[Patch]) -> None:
        self._loader, self._patches = loader, patches

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for patch in self._patches:
            patch(module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
