"""The page about S3 tells of every setting and every deviation, and of who has it."""

from pathlib import Path

import pytest

from simulator.services.s3.settings import PERSONALITIES, Personality, Settings

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "s3.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*Settings.__struct_fields__, *Personality.__struct_fields__[1:]])
def test_the_page_tells_of_every_setting_and_deviation(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("deviation", Personality.__struct_fields__[1:])
def test_the_page_says_which_server_deviates_how(deviation: str) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{deviation}` |"))
    usual, otherwise = line.split("|")[2:4]
    told = str(getattr(PERSONALITIES["aws"], deviation)).lower()

    assert told in usual.lower()
    for name, played in PERSONALITIES.items():
        deviates = getattr(played, deviation) != getattr(PERSONALITIES["aws"], deviation)
        assert (name in otherwise or "all others" in otherwise) == deviates or name == "aws"
