"""Numbers in requests: read strictly, refused with the name of the parameter."""

from collections.abc import Mapping
from typing import Final

from simulator.services.s3.errors import S3Error

# Beyond this AWS no longer takes the text for a number.
NUMBER_MAX: Final = 2_147_483_647


def bounded(parameters: Mapping[str, str], name: str, most: int, *, least: int = 0) -> int:
    """How many a page may hold: what is asked for, but not more than the limit, which is also the default."""
    text = parameters.get(name)
    if text is None or (not text and name != "max-buckets"):
        return most
    value = integer(name, text)
    if value < least or (name == "max-buckets" and value > most):
        raise S3Error(
            "InvalidArgument",
            f"Argument {name} must be an integer between {least} and {NUMBER_MAX if least == 0 else most}",
            ArgumentName=name,
            ArgumentValue=text,
        )
    return min(value, most)


def integer(name: str, text: str) -> int:
    """A number that may be negative, which is then for the caller to refuse."""
    digits = text[1:] if text[:1] == "-" else text
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
        raise S3Error("InvalidArgument", f"Provided {name} not an integer or within integer range",
                      ArgumentName=name, ArgumentValue=text)  # fmt: skip
    value = int(text)
    if value > NUMBER_MAX:
        raise S3Error("InvalidArgument", f"Provided {name} not an integer or within integer range",
                      ArgumentName=name, ArgumentValue=text)  # fmt: skip
    return value
