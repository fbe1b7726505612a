"""Settings: all that can be chosen, as one typed object; `resolving` fills it.

Each field of `Settings` is an option: `idle_timeout_s` is `--idle-timeout`, `SOUNDSTAGE_STREAM_IDLE_TIMEOUT`, and
`idle-timeout` in the table `[stream]` of the file. Secrets are shown nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, get_type_hints

from pipelines.stream import kinds
from pipelines.stream.checksums import ALGORITHMS, NONE
from pipelines.stream.kinds import Address, Kind, Secret

VARIABLES: Final = "SOUNDSTAGE_STREAM_"
_UNITS: Final = ("_s", "_bytes")
MIB: Final = 1 << 20
_DAY_S: Final = 86400.0


@dataclass(frozen=True)
class Option:
    """What is known of one setting, beside its value."""

    kind: Kind
    group: str
    metavar: str
    help: str
    also: tuple[str, ...] = ()
    """Variables of the environment by which others know the same."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that can be chosen, checked; `sources` says where each value that is no default came from."""

    watch: Annotated[
        Path | None, Option(kinds.folder, "what", "DIR", "the folder in which recordings grow, with all below it")
    ] = None
    bucket: Annotated[str, Option(kinds.bucket, "what", "B", "the bucket that receives them")] = ""
    prefix: Annotated[str, Option(kinds.prefix, "what", "P", "what every object's key begins with, as in cameras/")] = (
        ""
    )
    include: Annotated[
        tuple[str, ...],
        Option(
            kinds.patterns, "what", "PATTERNS", "names of files that are recordings, as in *.mp4,*.mov (default: *)"
        ),
    ] = ("*",)
    exclude: Annotated[
        tuple[str, ...],
        Option(kinds.patterns, "what", "PATTERNS", "names of files that are none (default: .*, which are hidden ones)"),
    ] = (".*",)

    s3_endpoint: Annotated[
        str | None,
        Option(
            kinds.url("http", "https"),
            "where",
            "URL",
            "of S3 (default: that of AWS)",
            (
                "AWS_ENDPOINT_URL_S3",
                "AWS_ENDPOINT_URL",
            ),
        ),
    ] = None
    s3_region: Annotated[
        str,
        Option(
            kinds.words,
            "where",
            "NAME",
            "of S3 (default: us-east-1)",
            (
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
            ),
        ),
    ] = "us-east-1"
    s3_access_key: Annotated[
        str | None,
        Option(
            kinds.words,
            "where",
            "KEY",
            "of S3; without it botocore looks where it always does, and refreshes what expires",
        ),
    ] = None
    s3_secret_key: Annotated[
        Secret | None,
        Option(
            kinds.secret,
            "where",
            "SECRET",
            "of S3; others can read options, so put it into the environment or the file",
        ),
    ] = None
    redis: Annotated[
        str,
        Option(
            kinds.url("redis", "rediss", "unix"),
            "where",
            "URL",
            "that keeps the state (default: redis://127.0.0.1:6379/0)",
            ("REDIS_URL",),
        ),
    ] = "redis://127.0.0.1:6379/0"
    redis_prefix: Annotated[str, Option(kinds.text, "where", "P", "what every key in Redis begins with")] = ""
    embedded: Annotated[
        bool,
        Option(
            kinds.flag,
            "where",
            "",
            "start an S3 and a Redis of one's own, on this machine, which keep what they have in --data",
        ),
    ] = False
    data: Annotated[Path, Option(kinds.folder, "where", "DIR", "of --embedded (default: ./soundstage-data)")] = Path(
        "soundstage-data"
    )

    idle_timeout_s: Annotated[
        float,
        Option(
            kinds.seconds(0.1, 7 * _DAY_S),
            "when",
            "TIME",
            "a file that did not change for so long is finished (default: 30)",
        ),
    ] = 30.0
    settle_s: Annotated[
        float,
        Option(
            kinds.seconds(0.01, 3600.0),
            "when",
            "TIME",
            "two looks at an idle file are at least so far apart (default: 2)",
        ),
    ] = 2.0
    check_period_s: Annotated[
        float, Option(kinds.seconds(0.05, 3600.0), "when", "TIME", "how often idle files are looked for (default: 5)")
    ] = 5.0
    rescan_period_s: Annotated[
        float,
        Option(
            kinds.seconds(0.1, _DAY_S),
            "when",
            "TIME",
            "how often the whole folder is read, for events get lost (default: 30)",
        ),
    ] = 30.0
    probe_timeout_s: Annotated[
        float, Option(kinds.seconds(0.1, 3600.0), "when", "TIME", "ffprobe is killed after so long (default: 30)")
    ] = 30.0
    drain_timeout_s: Annotated[
        float,
        Option(
            kinds.seconds(0.0, 3600.0),
            "when",
            "TIME",
            "after SIGTERM what is under way has so long to end (default: 20)",
        ),
    ] = 20.0

    part_size_bytes: Annotated[
        int,
        Option(
            kinds.size(5 * MIB, 10 * MIB),
            "how much",
            "SIZE",
            "of the first thousand parts; it doubles every thousand (default: 8MiB)",
        ),
    ] = 8 * MIB
    parts_parallel: Annotated[
        int, Option(kinds.count(1, 256), "how much", "N", "parts that one stream sends at a time (default: 4)")
    ] = 4
    requests_parallel: Annotated[
        int,
        Option(kinds.count(1, 1024), "how much", "N", "parts that all streams together send at a time (default: 32)"),
    ] = 32
    memory_bytes: Annotated[
        int,
        Option(kinds.size(32 * MIB, 1 << 40), "how much", "SIZE", "that bodies of parts may take (default: 256MiB)"),
    ] = 256 * MIB
    streams_parallel: Annotated[
        int,
        Option(
            kinds.count(1, 10_000), "how much", "N", "streams that are taken up at a time, after a start (default: 16)"
        ),
    ] = 16
    probes_parallel: Annotated[
        int, Option(kinds.count(1, 64), "how much", "N", "ffprobes that run at a time (default: 2)")
    ] = 2
    retries: Annotated[
        int,
        Option(
            kinds.count(1, 100_000),
            "how much",
            "N",
            "a stream that got nowhere so often in a row has failed (default: 720)",
        ),
    ] = 720
    checksum: Annotated[
        str,
        Option(
            kinds.choice(*ALGORITHMS, NONE),
            "how much",
            "NAME",
            "crc32, sha256 or none: what parts bear besides their MD5, where S3 keeps it (default: crc32)",
        ),
    ] = "crc32"
    salvage: Annotated[
        bool,
        Option(
            kinds.flag,
            "how much",
            "",
            "complete what there is of a file that vanished, marked as short (default: it fails)",
        ),
    ] = False

    instance: Annotated[
        str,
        Option(
            kinds.words,
            "who",
            "NAME",
            "of this worker, in leases and logs; each start adds letters of its own (default: the machine's)",
        ),
    ] = ""
    lease_ttl_s: Annotated[
        float,
        Option(
            kinds.seconds(1.0, 3600.0),
            "who",
            "TIME",
            "another worker takes over what one has not renewed for so long (default: 30)",
        ),
    ] = 30.0

    probe: Annotated[
        bool, Option(kinds.flag, "metadata", "", "ask ffprobe about each finished recording (default: yes)")
    ] = True
    ffprobe: Annotated[str, Option(kinds.words, "metadata", "PROGRAM", "the ffprobe to ask (default: ffprobe)")] = (
        "ffprobe"
    )

    sha256: Annotated[
        bool, Option(kinds.flag, "metadata", "", "read each finished recording once more for its SHA-256 (default: no)")
    ] = False

    admin: Annotated[
        Address | None,
        Option(
            kinds.address,
            "watching it",
            "HOST:PORT",
            "serve health, metrics and a page about the streams here; a port alone: for this machine (default: off)",
        ),
    ] = None
    admin_token: Annotated[
        Secret | None,
        Option(
            kinds.secret,
            "watching it",
            "TOKEN",
            "who asks must bear it; required when --admin can be reached from elsewhere",
        ),
    ] = None
    log_level: Annotated[
        str,
        Option(
            kinds.choice("debug", "info", "warning", "error"),
            "watching it",
            "LEVEL",
            "debug, info, warning or error (default: info)",
        ),
    ] = "info"
    log_format: Annotated[
        str,
        Option(
            kinds.choice("auto", "json", "words"),
            "watching it",
            "FORMAT",
            "of stderr: json, words, or auto, which is words on a terminal (default: auto)",
        ),
    ] = "auto"

    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def shown(self) -> dict[str, str]:
        """Every setting as it may be printed, with where it came from."""
        return {
            name: f"{kinds.without_secret(str(getattr(self, name)))}  ({self.sources.get(name, 'default')})"
            for name in OPTIONS
        }


OPTIONS: Final[Mapping[str, Option]] = {
    name: hint.__metadata__[0]
    for name, hint in get_type_hints(Settings, include_extras=True).items()
    if hasattr(hint, "__metadata__")
}


def spelled(name: str) -> str:
    """The name of a setting on the command line and in the file, without its dashes: units are not part of it."""
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return name.replace("_", "-")


def variable(name: str) -> str:
    return VARIABLES + spelled(name).replace("-", "_").upper()
