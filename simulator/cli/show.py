"""`show`: reads a trace, all of it or the part that was asked for."""

import argparse
import re
from collections.abc import Callable
from typing import Final

from simulator.cli import options, play
from simulator.errors import Misuse
from simulator.report import voice
from simulator.report.asked import Asked
from simulator.report.data import event_data
from simulator.trace.event import Event, format_ns
from simulator.trace.header import Footer, Header
from simulator.trace.query import Trace
from simulator.trace.reader import TraceReader, open_trace

_UNITS_NS: Final = {"ns": 1, "us": 10**3, "ms": 10**6, "": 10**9, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_TIME = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)(ns|us|ms|s|m|h|)")


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "show", act, says="Read a trace, or a part of it.")
    parser.add_argument("trace", metavar="TRACE")
    parser.add_argument("--kind", action="append", default=[], metavar="KIND", help="only this kind, or family: net.*")
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help="only events of this host")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="from then on: 90, 1.5s, 2m")
    parser.add_argument("--to", dest="stop", type=moment, metavar="TIME", help="until before then")
    parser.add_argument("--causes", type=options.count, metavar="SEQ", help="what led to event SEQ, latest first")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each event")


def act(arguments: argparse.Namespace) -> int:
    """Print the events that were asked for, as they are read."""
    if arguments.causes is not None:
        return _show_causes(arguments.trace, arguments.causes, as_json=arguments.json)
    wanted = _filter(arguments)
    with open_trace(arguments.trace) as reader:
        if not arguments.json:
            voice.say(voice.printable(heading(reader.header)))
        asked = Asked()
        for event in reader:
            asked.see(event)
            if wanted(event):
                _print(event, as_json=arguments.json)
        if not arguments.json:
            for line in asked.lines():
                voice.say(voice.printable(f"asked of {line}"))
            voice.say(voice.printable(ending(reader)))
    return 0


def moment(word: str) -> int:
    """A virtual time in nanoseconds: `90`, `1.5s`, `200ms`, `2m`, `1h`."""
    match = _TIME.fullmatch(word)
    if match is None:
        raise argparse.ArgumentTypeError(f"a time is a number with ns, us, ms, s, m or h, not {word!r}")
    return round(float(match[1]) * _UNITS_NS[match[2]])


def heading(header: Header) -> str:
    """What was run."""
    what = header.scenario or " ".join(header.program) or "a run"
    params = "" if header.program else "".join(f", {name}={value}" for name, value in header.params.items())
    python = str(header.provenance.get("python", ""))
    return f"{what}, seed {header.seed}{params}" + (f", on {python}" if python else "")


def ending(reader: TraceReader) -> str:
    """How it ended."""
    footer: Footer | None = reader.footer
    if footer is None:
        return reader.ending
    message = f": {footer.message}" if footer.message else ""
    told = f"{footer.outcome}{message} ({footer.events:,} events, {format_ns(footer.end_ns)}, digest {footer.digest})"
    return f"{told}\n{reader.ending}" if reader.ending else told


def _filter(arguments: argparse.Namespace) -> Callable[[Event], bool]:
    kinds, hosts, start, stop = arguments.kind, arguments.host, arguments.start, arguments.stop

    def wanted(event: Event) -> bool:
        if start is not None and event.at_ns < start:
            return False
        if stop is not None and event.at_ns >= stop:
            return False
        if hosts and event.host not in hosts:
            return False
        return not kinds or any(_is_kind(event.kind, kind) for kind in kinds)

    return wanted


def _is_kind(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1])) or kind.startswith(f"{wanted}.")


def _show_causes(path: str, seq: int, *, as_json: bool) -> int:
    trace = Trace.load(path)
    if seq > len(trace):
        raise Misuse(f"there is no event {seq:,}; the last is {len(trace):,}")
    for event in trace.causes(trace.events[seq - 1]):
        _print(event, as_json=as_json)
    return 0


def _print(event: Event, *, as_json: bool) -> None:
    voice.say(play.to_json(event_data(event)) if as_json else voice.printable(event.line()))
