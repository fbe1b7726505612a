"""Events: what the program tells in its logs. Names and fields in this table keep their meaning.

The table of docs/guide/stream.md says the same, and a test holds the program, this table and that page together.
"""

from typing import Final

EVENTS: Final = {
    "stream.state": "A stream came to another state: stream, path, key, status, phase, attempt, bytes_sent, reason.",
    "stream.taken": "A stream that was begun before was taken up, with the same fields and the epoch of its lease.",
    "stream.part": "S3 has acknowledged a part: stream, n, size, attempt, seconds.",
    "stream.refused": "S3 refused a request, or did not answer it (debug): operation, key, try, error, what.",
    "stream.retry": "A stream was put off: stream, reason, count, delay_s.",
    "stream.wait": "A path waits, and not even that could be written down: path, stream, error, delay_s.",
    "stream.complete": "Complete was refused, or its answer was lost: stream, error, what that means.",
    "stream.metadata": "A recording was described: stream, status.",
    "stream.failed": "A stream has failed: as stream.state, with its reason.",
    "stream.lost": "A stream is another worker's now: stream, script, verdict.",
    "stream.renamed": "The file of a stream that had left its path was found under another name: stream, path, to.",
    "stream.lease": "Leases could not be renewed, or one was lost: what, stream or streams, error or reason.",
    "stream.clock": "The wall clock went another way than time itself; all streams wait anew: jumped_s.",
    "stream.abort": "An upload that was given up was aborted, or is still there: bucket, key, upload_id, gone.",
    "stream.orphan": "An upload to which no stream refers was found, and will be aborted: stream, key, upload_id.",
    "stream.unknown_upload": "An upload of a stream that Redis does not know was found, and is left alone.",
    "stream.upkeep": "Clearing up met trouble, and goes on later: error.",
    "stream.replicas": "A promise did not reach as many replicas of Redis as were asked for: wanted, reached.",
    "stream.describe": "Describing a recording met a fault of this program; the recording is completed all the same.",
    "stream.error": "A pass over a file met a fault of this program; it is tried again: path, stream, error.",
    "stream.steps": "A pass took many steps, and let others run: path, steps_max.",
    "stream.check": "The idle check was done (debug): streams, seconds.",
    "watch.begun": "The folder is watched: root, and the advice with which it was read.",
    "watch.scan": "Folders were read: advice, files, unreadable.",
    "watch.trouble": "The watch broke; the folder is read instead until it stands again: root, cause, pause_s.",
    "watch.root-missing": "The folder is not there; its streams wait: root.",
    "watch.root-replaced": "Another folder is where the folder was, or none: root.",
    "worker.begin": "A worker has begun: instance, root, bucket.",
    "worker.waiting": "S3 or Redis do not answer yet: troubles, pause_s.",
    "worker.resume": "What was left was taken up: streams; or could not be yet: error.",
    "worker.take_over": "Streams that nobody has could not be looked for: error.",
    "worker.health": "What keeps the worker from its work has changed: troubles.",
    "worker.stop": "A signal came: signal, urgent.",
    "worker.end": "A worker ends: drained (nothing was cut off), fault.",
    "worker.fault": "A fault of this program: path or duty, with its traceback.",
    "embedded.ready": "The servers of --embedded can be asked: pid, s3, redis, data.",
    "embedded.ended": "They ended by themselves, and are started anew: exit_code, pause_s.",
    "embedded.failed": "They could not be started anew; that is tried again: cause.",
    "admin.ready": "The admin server listens: url, listens.",
    "admin.failed": "The admin server could not show the streams: cause.",
}
