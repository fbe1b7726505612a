"""Page: `docs/reference/stream-mutants.md`, made of the table.

python -m tests.scenarios.stream.mutants.page > docs/reference/stream-mutants.md
"""

from simulator.scenarios import catalogue
from tests.scenarios.stream.mutants.table import MUTANTS, SEEDS, Kill, Mutant

_HEAD = """# Mutants of the stream pipeline

Is each rule of the protocol needed, and would the [scenarios](stream-scenarios.md) notice if it were gone? A mutant is
the program with one rule less: a few of its lines, or of its Lua, are replaced for the time of a test
([`cuts.py`](../../tests/scenarios/stream/mutants/cuts.py)); the program has no switch for it. The run that is named
ends as violated, by the property that is named, and the program as it is passes that very run. This page is made of
[`table.py`](../../tests/scenarios/stream/mutants/table.py), and
[a test](../../tests/scenarios/stream/mutants/test_mutants.py) plays every line of it.
"""
_LEGEND = f"""
*Seed* is the one that the test plays. *Of {SEEDS}* says how many of the seeds 1 to {SEEDS} of that scenario kill the
mutant, by whatever property; `python -m tests.scenarios.stream.mutants.campaign` counts them anew. *Caught by* is the
property that spoke first, as [the scenarios' page](stream-scenarios.md#what-is-watched-in-each) numbers them; with an
asterisk it was the scenario itself, which asks the same at its end: what is still owed, or what it claims.
"""
_TAIL = """
## What is redundant

While parts are checked by content, four rules protect nothing that another one would not protect as well: the fence,
the promise, the owner in the fence, the repair of sets. None of the runs behind this page lost a byte for want of one
of them alone. Their mutants die in directed schedules, by what the rule itself says: S13 (a caller to whom the stream
does not belong changes nothing), S2 (a promise is not taken back), S1 (the set follows the hash, also of what is
over). That they stand in for each other can be seen: in `who-slept-promises-nothing` the program passes without the
fence, and without the promise, and without both of them a stream that is over is promised anew; a test shows all
three.

To read again what was uploaded, when a stream is taken up, protects no object that is completed from its file, for
that is read again before each promise. What it protects is `--salvage`, where there is no file any more to be read.

## What the mutants have found

That S4, S10 and S17 compared nothing: they look at tokens of objects, and a trace redacts what is called a token. A
stream failed whose object had been published, and S17 was silent. Tokens are told as `stamp` since, and
[a test](../../tests/scenarios/stream/test_notes.py) sees to it that nothing these properties need is redacted.
"""


def page() -> str:
    """The whole page."""
    rows = [_row(mutant, kill) for mutant in MUTANTS for kill in mutant.kills]
    head = f"| without the rule | what the program then does | scenario | seed | of {SEEDS} | caught by |"
    return "\n".join([_HEAD, head, "|---|---|---|---|---|---|", *rows, _LEGEND.rstrip("\n"), _TAIL.rstrip("\n")]) + "\n"


def _row(mutant: Mutant, kill: Kill) -> str:
    file = catalogue()[kill.scenario].function.__module__.rpartition(".")[2]
    scenario = f"[`{kill.scenario}`](../../simulator/scenarios/stream/{file}.py)"
    caught = kill.caught_by + (" *" if kill.words else "")
    return f"| {mutant.rule} | {mutant.removed} | {scenario} | {kill.seed} | {kill.of_seeds} | {caught} |"


if __name__ == "__main__":
    print(page(), end="")
