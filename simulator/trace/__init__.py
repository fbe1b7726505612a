"""Trace: the story of a run as events, to be saved, compared and asked.

event       one thing that happened, and how it prints
kinds       the closed vocabulary, one table
recorder    takes events as they happen, in batches, off the hot path
digest      one number for a whole story
redact      what must never enter a trace
plain       the JSON values an event may hold
header      the first and last line of a file
writer      a trace to its file while the run goes on
reader      a trace from a file, with distrust
provenance  which versions made it
query       what tests assert with
diff        the first difference between two

>>> recorder = Recorder()
>>> start = recorder.emit(0, "worker", "proc.start", {"argv": ["ingest.py", "--token", "s3cr3t"]})
>>> _ = recorder.emit(1_500_000_000, "worker", "fs.rename", {"path": "/in/a", "to": "/done/a"}, start)
>>> footer = recorder.finish("passed")
>>> trace = recorder.trace()
>>> trace.first("fs.rename", to="/done/a")
<2 1.500s worker fs.rename path=/in/a to=/done/a because of 1>
>>> trace.causes(trace.last())[-1].fields["argv"]
['ingest.py', '--token', '[redacted]']
"""

from simulator.trace.event import Event, format_ns
from simulator.trace.header import Footer, Header
from simulator.trace.query import NotInTrace, Trace
from simulator.trace.reader import Limits, TraceError, TraceReader, open_trace
from simulator.trace.recorder import Level, Recorder
from simulator.trace.writer import TraceWriter

__all__ = [
    "Event",
    "Footer",
    "Header",
    "Level",
    "Limits",
    "NotInTrace",
    "Recorder",
    "Trace",
    "TraceError",
    "TraceReader",
    "TraceWriter",
    "format_ns",
    "open_trace",
]
