"""Scripts: one transition of a stream each, run by Redis in one piece. `prelude.lua` stands before every one."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True)
class Script:
    """A script as Redis is given it, and the name it has there."""

    name: str
    text: str

    @property
    def sha(self) -> str:
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


def _load() -> dict[str, Script]:
    folder = files(__package__)
    prelude = (folder / "prelude.lua").read_text("utf-8")
    names = sorted(each.name.removesuffix(".lua") for each in folder.iterdir() if each.name.endswith(".lua"))
    return {
        name: Script(name, prelude + (folder / f"{name}.lua").read_text("utf-8")) for name in names if name != "prelude"
    }


SCRIPTS: Final = _load()
SHAS: Final = {name: script.sha for name, script in SCRIPTS.items()}
