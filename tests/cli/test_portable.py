"""A trace says nothing of the machine: the same run in another folder tells the same story."""

from pathlib import Path

from tests.support.command import soundstage

PROGRAM = """
import asyncio, logging, sys, traceback
async def main():
    try:
        import json; json.loads("{")
    except ValueError:
        traceback.print_exc()
        logging.exception("told")
    raise RuntimeError("boom")
asyncio.run(main())
"""


def test_folders_of_the_machine_are_in_no_event(tmp_path: Path) -> None:
    digests = []
    for name in ("here", "there/deeper"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "prog.py").write_text(PROGRAM)
        done = soundstage("exec", "--json", "--trace", "run.jsonl", "prog.py", cwd=folder)
        digests.append(done.json["digest"])
        assert f'File "{folder}/prog.py", line 10, in <module>' in done.err
        events = (folder / "run.jsonl").read_text()
        assert str(tmp_path) not in events
        assert sys_folders(events) == []

    assert digests[0] == digests[1]


def sys_folders(text: str) -> list[str]:
    import sys

    return [folder for folder in (sys.prefix, sys.base_prefix) if folder in text]
