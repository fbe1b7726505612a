"""Commands: plain functions over (call, args), free of I/O; `load` has each module put its functions to their lines."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import every module here; more than once does no harm."""
    for module in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
    import_module(f"{__name__}.helping").install()
