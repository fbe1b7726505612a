"""How an operation fails: an `OSError` with the number and the text that Linux gives."""

import os


def failure(number: int, path: str | None = None, path_to: str | None = None) -> OSError:
    """The error to raise; Python picks the subclass (`FileNotFoundError`, ...) by the number."""
    if path_to is not None:
        return OSError(number, os.strerror(number), path, None, path_to)
    return OSError(number, os.strerror(number), path) if path is not None else OSError(number, os.strerror(number))
