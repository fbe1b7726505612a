"""Amounts: numbers as `-unit`, `-prefix`, `-byte_binary_prefix` and `-sexagesimal` have them written."""

from collections.abc import Collection
from math import log2, log10
from typing import Final

OPTIONS: Final = ("unit", "prefix", "byte_binary_prefix", "sexagesimal")
_UNITS: Final = {
    "start_time": "s", "duration": "s", "bit_rate": "bit/s", "max_bit_rate": "bit/s", "sample_rate": "Hz",
    "size": "byte",
}  # fmt: skip
_DECIMAL: Final = ("", "K", "M", "G", "T", "P")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def written(name: str, text: str, asked: Collection[str]) -> str:
    """A field's value in the form that was asked for."""
    unit = _UNITS.get(name)
    if unit is None:
        return text
    if unit == "s" and "sexagesimal" in asked:
        whole, _, part = text.lstrip("-").partition(".")
        hours, rest = divmod(int(whole), 3600)
        sign = "-" if text.startswith("-") else ""
        return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}.{part}"
    value, prefix = float(text), ""
    if "prefix" in asked and value > 1:
        binary = unit == "byte" and "byte_binary_prefix" in asked
        step = min(int(log2(value) / 10 if binary else log10(value) / 3), len(_DECIMAL) - 1)
        value /= 1024**step if binary else 1000**step
        prefix = (_BINARY if binary else _DECIMAL)[step]
    number = f"{value:f}" if unit == "s" or ("prefix" in asked and value != int(value)) else f"{value:.0f}"
    shown = prefix + (unit if "unit" in asked else "")
    return f"{number} {shown}" if shown else number
