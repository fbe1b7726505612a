"""What scenarios of streams note of Redis and S3 reaches the properties as it was: traces redact what looks secret."""

from simulator.harness.run import run
from simulator.scenarios import catalogue
from simulator.trace.redact import REDACTED


def test_notes_of_streams_and_objects_are_told_in_full() -> None:
    found = run(catalogue()["a-lost-create-leaves-no-upload"], seed=1)

    notes = [event.fields["data"] for event in found.trace.of("note") if event.fields["text"] in _TOLD]
    stamps = {note["stamp"] for note in notes if "stamp" in note}
    kept = {note["changed"]["stamp"] for note in notes if "stamp" in note.get("changed", {})}
    assert found.outcome.passed, found.outcome
    assert not [note for note in notes if REDACTED in str(note)]
    assert len(stamps) == 1
    assert stamps == kept


_TOLD = ("stream.kept", "s3.published")
