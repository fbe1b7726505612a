"""Header and footer: the first and the last line of a trace, and how the lines look.

    line 1       {"format":"soundstage-trace","version":1,"header":{...}}     what was run, by what
    line n + 1   {"seq":n,"at_ns":...,"host":...,"kind":...,"fields":{...}}   one event
    last line    {"footer":{...}}                                            outcome, digest, counts, tape

`writer` writes these lines as the run goes on; `reader` reads them with distrust.
"""

from typing import Annotated, Any, Final

import msgspec

from simulator.errors import Misuse
from simulator.trace.digest import canonical
from simulator.trace.plain import plain
from simulator.trace.redact import redact_value

FORMAT: Final = "soundstage-trace"
VERSION: Final = 1


class Header(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What was run: enough to run it again, and to tell why another run may differ."""

    scenario: str = ""
    program: list[str] = []
    params: dict[str, Any] = {}
    seed: int | str | None = None
    schedule: str = "fifo"
    level: Annotated[int, msgspec.Meta(ge=0, le=2)] = 1
    plan: Any = None
    plan_by_hand: bool = False
    """The plan was given and not drawn: whoever plays the tape must give it again."""
    tape: Any = None
    """The tape this run was given to play; the tape it drew is in the footer."""
    replay_of: str = ""
    """The digest of the trace whose tape is played."""
    provenance: dict[str, Any] = {}


class Footer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How it ended: the outcome in a word, the digest of the story, and the tape that was drawn."""

    outcome: str
    digest: str = ""
    events_digest: str = ""
    absorbed_digest: str = ""
    events: Annotated[int, msgspec.Meta(ge=0)] = 0
    end_ns: Annotated[int, msgspec.Meta(ge=0)] = 0
    counts: dict[str, int] = {}
    message: str = ""
    cut: bool = False
    """The recording stopped before the run did, at a limit or on a full disk."""
    tape: Any = None


def header_line(header: Header) -> bytes:
    """Return the first line of a trace; secrets in parameters and arguments stay out of it."""
    fields = {name: getattr(header, name) for name in header.__struct_fields__}
    for name in ("program", "params"):
        fields[name] = plain(redact_value(fields[name]))
    try:
        return b'{"format":"%s","version":%d,"header":%s}\n' % (
            FORMAT.encode(),
            VERSION,
            canonical.encode(Header(**fields)),
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise Misuse(f"the trace's header holds something that is not JSON: {error}") from None


def footer_line(footer: Footer) -> bytes:
    """Return the last line of a trace."""
    return b'{"footer":%s}\n' % canonical.encode(footer)
