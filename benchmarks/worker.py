"""One engine in a process of its own: reads orders on stdin, answers each with the CPU seconds it took.

An order and an answer are one JSON line each. The collector is off while the clock runs, for every engine, and
what it would have found is collected before.
"""

import gc
import json
import sys
from time import process_time
from typing import Any

from benchmarks import expected, tiny
from benchmarks.cases import Case
from benchmarks.engines import ENGINES


def measure_case(engine: str, case: Case) -> float:
    """Run a case once and check what it returns; the CPU seconds it took."""
    wanted = getattr(expected, case.program)(*case.sizes)
    run = ENGINES[engine]
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        got = run(case)
        taken = process_time() - start
    finally:
        gc.enable()
    if not expected.agrees(got, wanted):
        raise AssertionError(f"{engine} computed {got!r} for {case.name}, expected {wanted!r}")
    return taken


def answer(engine: str, order: dict[str, Any]) -> dict[str, Any]:
    if "measure" in order:
        from benchmarks.measures import MEASURES  # Only the engine's own worker loads the engine.

        return MEASURES[order["measure"]](order["size"])
    if "tiny" in order:
        return tiny.measure(engine, order["tiny"], order["first"], order["seeds"])
    order["sizes"] = tuple(order["sizes"])
    return {"cpu_s": measure_case(engine, Case(**order))}


def main(engine: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # What an engine prints must not look like an answer.
    for line in sys.stdin:
        print(json.dumps(answer(engine, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
