"""Settings come from options, the environment, a file and defaults, and whoever wrote nonsense is told where."""

from pathlib import Path

import pytest

from pipelines.stream.grammar import COMMANDS, Misuse, parser_of, read
from pipelines.stream.kinds import Address, Secret
from pipelines.stream.resolving import SettingError, resolve
from pipelines.stream.settings import OPTIONS, Settings, spelled, variable

NEEDED = {"watch": "/media", "bucket": "films"}


def test_without_a_word_the_defaults_hold() -> None:
    assert resolve(NEEDED, {}) == Settings(watch=Path("/media"), bucket="films")


def test_every_setting_has_an_option_a_variable_and_a_help() -> None:
    assert [name for name, option in OPTIONS.items() if not option.help or not option.group] == []
    assert len({spelled(name) for name in OPTIONS}) == len(OPTIONS)
    assert (spelled("idle_timeout_s"), variable("memory_bytes")) == ("idle-timeout", "SOUNDSTAGE_STREAM_MEMORY")


def test_an_option_wins_over_a_variable_and_a_variable_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "stream.toml"
    file.write_text('[stream]\nidle-timeout = "1m"\nsettle = 5\nretries = 7\nbucket = "from-file"\n')
    environment = {"SOUNDSTAGE_STREAM_SETTLE": "6", "SOUNDSTAGE_STREAM_RETRIES": "8"}

    found = resolve({"watch": "/media", "config": str(file), "retries": "9"}, environment)

    assert (found.idle_timeout_s, found.settle_s, found.retries, found.bucket) == (60.0, 6.0, 9, "from-file")
    assert found.sources == {
        "watch": "--watch",
        "idle_timeout_s": f"idle-timeout in {file}",
        "settle_s": "SOUNDSTAGE_STREAM_SETTLE in the environment",
        "retries": "--retries",
        "bucket": f"bucket in {file}",
    }


def test_variables_that_others_use_too_come_last(tmp_path: Path) -> None:
    file = tmp_path / "stream.toml"
    file.write_text('[stream]\nredis = "redis://file:1"\n')
    others = {"REDIS_URL": "redis://env:1", "AWS_ENDPOINT_URL": "http://s3:9000", "AWS_ENDPOINT_URL_S3": "http://s3:9"}

    found = resolve(NEEDED | {"config": str(file)}, others)

    assert (found.redis, found.s3_endpoint) == ("redis://file:1", "http://s3:9")


def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "stream.toml"
    file.write_text('[stream]\ninclude = ["*.mp4", "*.mov"]\nembedded = true\nadmin = 8080\n')

    found = resolve(NEEDED, {"SOUNDSTAGE_STREAM_CONFIG": str(file)})

    assert (found.include, found.embedded, found.admin) == (("*.mp4", "*.mov"), True, Address("127.0.0.1", 8080))


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("idle_timeout_s", "500ms", 0.5),
        ("idle_timeout_s", "1.5", 1.5),
        ("idle_timeout_s", "2h", 7200.0),
        ("part_size_bytes", "8MiB", 8 << 20),
        ("part_size_bytes", "8MB", 8_000_000),
        ("memory_bytes", "33554432", 32 << 20),
        ("probe", "off", False),
        ("admin", "off", None),
        ("admin", "[::1]:80", Address("::1", 80)),
        ("include", "*.mp4, *.mov", ("*.mp4", "*.mov")),
    ],
)
def test_values_are_written_as_people_write_them(name: str, written: str, value: object) -> None:
    if name == "idle_timeout_s":
        assert getattr(resolve(NEEDED | {name: written, "settle_s": "10ms"}, {}), name) == value
    else:
        assert getattr(resolve(NEEDED | {name: written}, {}), name) == value


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (
            {"idle_timeout_s": "soon"},
            {},
            "--idle-timeout: 'soon' cannot be used; expected a time such as 30, 1.5, 500ms, 2m or 1h",
        ),
        (
            {},
            {"SOUNDSTAGE_STREAM_RETRIES": "-1"},
            "--retries, from SOUNDSTAGE_STREAM_RETRIES in the environment: '-1' cannot be used; expected a whole",
        ),
        (
            {},
            {"SOUNDSTAGE_STREAM_RETRYS": "1"},
            "SOUNDSTAGE_STREAM_RETRYS in the environment: did you mean SOUNDSTAGE_",
        ),
        (
            {"part_size_bytes": "1MiB"},
            {},
            "--part-size: '1MiB' cannot be used; expected between 5,242,880 and 10,485,760",
        ),
        ({"redis": "http://redis"}, {}, "expected an address that begins with redis:// or rediss:// or unix://"),
        ({"bucket": "No_Bucket"}, {}, "expected the name of a bucket"),
        ({"bucket": ""}, {}, "--bucket: '' cannot be used"),
        ({"prefix": "/a"}, {}, "expected no slash in front"),
        ({"settle_s": "1m"}, {}, "--idle-timeout (from its default) is shorter than --settle (from --settle)"),
        ({"s3_access_key": "k"}, {}, "--s3-access-key and --s3-secret-key belong together"),
        ({"admin": "0.0.0.0:80"}, {}, "--admin (from --admin) can be reached from elsewhere; give --admin-token"),
        ({"embedded": "yes", "redis": "redis://r"}, {}, "leave --s3-endpoint and --redis out"),
        ({"embedded": "yes", "data": "/media/kept"}, {}, "--data (from --data) lies in --watch (from --watch)"),
        ({"config": "/none.toml"}, {}, "--config /none.toml: No such file or directory"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_source(
    options: dict[str, object], environment: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingError) as refused:
        resolve(NEEDED | options, environment)

    assert said in str(refused.value)


def test_what_is_needed_and_missing_is_named_with_every_way_to_give_it() -> None:
    with pytest.raises(
        SettingError, match=r"--watch is needed; give it, or SOUNDSTAGE_STREAM_WATCH, or watch in --conf"
    ):
        resolve({"bucket": "films"}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stream\n", "is not TOML"),
        ("[stream]\nidel-timeout = 3\n", "idel-timeout in [stream] of {file}: did you mean idle-timeout?"),
        ("[stream]\nidle-timeout = true\n", "--idle-timeout, from idle-timeout in {file}: True cannot be used"),
        ("stream = 3\n", "[stream] is a table"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "stream.toml"
    file.write_text(text)

    with pytest.raises(SettingError) as refused:
        resolve(NEEDED | {"config": str(file)}, {})

    assert said.format(file=file) in str(refused.value)


def test_an_embedded_worker_does_not_mind_what_others_have_in_the_environment() -> None:
    assert resolve(NEEDED | {"embedded": "yes"}, {"REDIS_URL": "redis://r"}).embedded


def test_secrets_are_shown_nowhere() -> None:
    words = {
        "s3_access_key": "known",
        "s3_secret_key": "geheim",
        "admin_token": "geheim",
        "redis": "redis://u:geheim@r",
    }

    found = resolve(NEEDED | words, {})

    assert "geheim" not in f"{found.shown()} {found.s3_secret_key!r} {found.s3_secret_key}"
    assert (found.s3_secret_key, found.redis) == (Secret("geheim"), "redis://u:geheim@r")
    assert found.shown()["redis"] == "redis://***@r  (--redis)"


@pytest.mark.parametrize("name", ["s3_secret_key", "admin_token"])
def test_a_secret_that_is_refused_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingError, match=r": \*\*\* cannot be used"):
        resolve(NEEDED | {name: 17171717}, {})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_fits_a_terminal(command: str) -> None:
    text = parser_of(command).format_help()

    assert max(map(len, text.splitlines())) <= 120
    assert "exit codes:" in text
    assert ("--idle-timeout" in text) == (command == "run")


def test_a_word_that_is_no_command_is_refused() -> None:
    with pytest.raises(Misuse, match=r"'statsu' is no command; there are status, inspect, retry, doctor"):
        read(["statsu"])


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(Misuse):
        read(["--buck", "films"])
