"""Page: the streams as HTML, for a person with a browser. Nothing is loaded from anywhere, everything is escaped."""

from collections.abc import Mapping
from html import escape
from typing import Final

from pipelines.stream.names import STATUSES
from pipelines.stream.status import Overview, Row, amount, plain

REFRESH_S: Final = 2
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --quiet: #888; --bad: #c33; --good: #2a7; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.2rem; margin: 0; } h1 small { color: var(--quiet); font-weight: normal; }
dl { display: flex; gap: 2rem; flex-wrap: wrap; margin: 1rem 0; }
dt { color: var(--quiet); font-size: .8rem; } dd { font-size: 1.4rem; margin: 0; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; }
th { color: var(--quiet); font-size: .8rem; font-weight: normal; text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; vertical-align: top; }
td { font-variant-numeric: tabular-nums; } td.path { overflow-wrap: anywhere; } td small { color: var(--quiet); }
progress { width: 9rem; } .bad { color: var(--bad); } .good { color: var(--good); }
"""


def _row(each: Row) -> str:
    percent = round(each.progress * 100)
    notes = []
    if each.reason:
        notes.append(each.reason)
    if each.next_try_s:
        notes.append(f"next try in {each.next_try_s:.0f} s")
    tone = {"failed": " class=bad", "completed": " class=good"}.get(each.status, "")
    owner = "" if each.status in ("completed", "failed") else each.owner or "nobody"
    return (
        f"<tr><td class=path>{escape(plain(each.path))}<br><small>{escape(plain(each.key))}</small></td>"
        f"<td{tone}>{escape(each.status)}<br><small>{escape(each.phase)} {escape(plain(' '.join(notes)))}</small></td>"
        f"<td><progress max=100 value={percent}>{percent}%</progress><br>"
        f"<small>{amount(each.sent)} of {amount(each.size)}, {each.parts} parts</small></td>"
        f"<td>{each.quiet_s:.0f} s</td><td><small>{escape(plain(owner))}</small></td></tr>"
    )


def page(seen: Overview | None, *, worker: str, folder: str, troubles: Mapping[str, str]) -> str:
    """The whole page; without an overview Redis did not answer."""
    counts = seen.counts if seen is not None else {}
    numbers = "".join(
        f"<div><dt>{name.replace('_', ' ')}</dt><dd>{counts.get(name, '?')}</dd></div>"
        for name in (*STATUSES, "abort_queue")
    )
    told = "".join(f"<p class=bad>{escape(name)}: {escape(plain(why))}</p>" for name, why in troubles.items())
    rows = "".join(_row(each) for each in seen.rows) if seen is not None else ""
    none = (
        ""
        if rows
        else "<p>No stream is under way.</p>"
        if seen is not None
        else "<p class=bad>Redis does not answer.</p>"
    )
    more = f"<p>and {seen.left_out} more</p>" if seen is not None and seen.left_out else ""
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>streams</title>"
        f"<meta http-equiv=refresh content={REFRESH_S}><meta name=viewport content='width=device-width'>"
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>Streams <small>of {escape(plain(folder))}, by {escape(plain(worker))}</small></h1>"
        f"{told}<dl>{numbers}</dl><table><thead><tr><th>file<th>state<th>sent<th>quiet<th>worker</tr></thead>"
        f"<tbody>{rows}</tbody></table>{none}{more}</body></html>"
    )
