"""Cuts: the program with some of its text replaced, for as long as a `with` lasts.

    with broken((Cut("machine.judge_refusal", "return Outcome.LOOK", "return Outcome.PUBLISHED"),)):
        run(scenario, seed=3)

A cut names a function of `pipelines.stream` or one of its Lua scripts, a text that stands there exactly once, and what
is to stand there instead; a text that is not found, or found twice, is an error. The function keeps its place in every
module that has imported it, for only its code is exchanged. `prelude.lua` is cut in every script.
"""

import importlib
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType

from pipelines.stream.scripts import SCRIPTS, SHAS, Script

_PACKAGE = "pipelines.stream"


class NotApplied(Exception):
    """A cut that does not fit the program: its rule would be tested with the program as it is."""


@dataclass(frozen=True)
class Cut:
    """One change: where (`module.function`, `module.Class.method`, `script.lua`), what stands there, what instead."""

    where: str
    old: str
    new: str

    @property
    def is_lua(self) -> bool:
        return self.where.endswith(".lua")

    def made_in(self, text: str) -> str:
        """The text with the change."""
        found = text.count(self.old)
        if found != 1:
            raise NotApplied(f"{self.where} has {self.old!r} {found} times, not once")
        return text.replace(self.old, self.new)


@contextmanager
def broken(cuts: Sequence[Cut]) -> Iterator[None]:
    """The program with these changes."""
    with ExitStack() as undone:
        for where in dict.fromkeys(cut.where for cut in cuts):
            here = [cut for cut in cuts if cut.where == where]
            undone.enter_context(_lua(here) if where.endswith(".lua") else _python(where, here))
        yield


# --- functions ----------------------------------------------------------------------------------------------


def function_at(where: str) -> FunctionType:
    """The function that `module.name` or `module.Class.name` means."""
    module, *names = where.split(".")
    found: object = importlib.import_module(f"{_PACKAGE}.{module}")
    for name in names:
        found = vars(found)[name]
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    assert isinstance(found, FunctionType), f"{where} is no function"
    return found


@contextmanager
def _python(where: str, cuts: Sequence[Cut]) -> Iterator[None]:
    function = function_at(where)
    whole = function.__code__
    text = textwrap.dedent(inspect.getsource(function))
    for cut in cuts:
        text = cut.made_in(text)
    function.__code__ = _compiled(text, whole)
    try:
        yield
    finally:
        function.__code__ = whole


def _compiled(text: str, whole: CodeType) -> CodeType:
    """The code of a function whose text was changed, at the place where it stood."""
    lines = "\n" * (whole.co_firstlineno - 1)
    module = compile(lines + text, whole.co_filename, "exec")
    found = [code for code in module.co_consts if isinstance(code, CodeType) and code.co_name == whole.co_name]
    assert len(found) == 1, f"{whole.co_qualname} is not one function"
    assert found[0].co_freevars == whole.co_freevars, f"{whole.co_qualname} closes over other names"
    return found[0]


# --- scripts ------------------------------------------------------------------------------------------------


@contextmanager
def _lua(cuts: Sequence[Cut]) -> Iterator[None]:
    name = cuts[0].where.removesuffix(".lua")
    names = list(SCRIPTS) if name == "prelude" else [name]
    whole = {each: SCRIPTS[each] for each in names}
    try:
        for each in names:
            text = SCRIPTS[each].text
            for cut in cuts:
                text = cut.made_in(text)
            _put(Script(each, text))
        yield
    finally:
        for script in whole.values():
            _put(script)


def _put(script: Script) -> None:
    SCRIPTS[script.name] = script
    SHAS[script.name] = script.sha
