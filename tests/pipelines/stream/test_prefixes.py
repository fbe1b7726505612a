"""Workers that share a bucket and a Redis, each under a prefix of its own, know nothing of one another."""

from pathlib import Path

from tests.support.served import served
from tests.support.stream_worker import QUICK, command, objects, words_of, working


def test_two_that_share_everything_but_their_prefixes_keep_apart(tmp_path: Path) -> None:
    films = {name: name.encode() * 100_000 for name in ("north", "south")}
    where = ("--s3-port", "0", "--redis-port", "0", "--data", tmp_path / "served", "--bucket", "films")
    with served("all", *where) as server:
        prefixed = {
            name: [*words_of(server), "--prefix", f"{name}/", "--redis-prefix", f"{{{name}}}:"] for name in films
        }
        for name in films:
            (tmp_path / name).mkdir()
        with (
            working(tmp_path / "north.log", "--watch", tmp_path / "north", *prefixed["north"], *QUICK) as north,
            working(tmp_path / "south.log", "--watch", tmp_path / "south", *prefixed["south"], *QUICK) as south,
        ):
            for name, worker in (("north", north), ("south", south)):
                worker.until_told("watch.begun")
                (tmp_path / name / "lobby.mp4").write_bytes(films[name])
            for worker in (north, south):
                worker.until_told("stream.state", status="completed")
                assert worker.stop() == 0
        seen = {name: command("status", "--all", "--json", *words).json for name, words in prefixed.items()}
        stored = {key: body for key, body in objects(server).items() if not key.endswith(".json")}

    assert {key.partition("/")[0]: body for key, body in stored.items()} == films
    assert {name: told["counts"]["completed"] for name, told in seen.items()} == {"north": 1, "south": 1}
    assert {name: [row["path"] for row in told["streams"]] for name, told in seen.items()} == {
        name: [str(tmp_path / name / "lobby.mp4")] for name in films
    }
