"""Table: each rule of the stream protocol, how it is taken out of the program, and the run that notices.

A mutant is the program with one rule less. Each of its `kills` is a run that must end as violated by the property that
is named, and that the program as it is must pass.
"""

from dataclasses import dataclass
from typing import Final

from tests.scenarios.stream.mutants.cuts import Cut

SEEDS: Final = 10


@dataclass(frozen=True)
class Kill:
    """A run that ends as violated, and by what."""

    scenario: str
    seed: int
    caught_by: str
    """The property's number."""
    words: str = ""
    """What the scenario says, where it finds out by itself: what is still owed in the end, or its own claim."""
    settle_s: float | None = None
    """How long something may be owed in the end, where a scenario's own time would only cost time."""
    of_seeds: int = SEEDS
    """How many of the first `SEEDS` seeds kill it, as `campaign` has counted."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """The program without one rule, and what kills it."""

    rule: str
    removed: str
    """In a sentence, what the program does instead."""
    cuts: tuple[Cut, ...]
    kills: tuple[Kill, ...]


_NO_FENCE = Cut("prelude.lua", "return get('owner') ~= owner or get('epoch') ~= epoch", "return false")
_NO_OWNER = Cut("prelude.lua", "return get('owner') ~= owner or get('epoch') ~= epoch", "return get('epoch') ~= epoch")
_NO_PROMISE = (
    Cut(
        "commit_intent.lua",
        """if known ~= '' then return answer(known == ARGV[5] and 'OK' or 'REFUSED') end
if get('phase') ~= 'draining' or get('upload_id') ~= ARGV[4] then return answer('REFUSED') end
if get('size_seen') ~= ARGV[6] or get('mtime_ns') ~= ARGV[7] then return answer('REFUSED') end
""",
        "",
    ),
    Cut("touch.lua", "get('intent') ~= '' or phase == 'aborting'", "phase == 'aborting'"),
    Cut("machine.next_step", "if meta.intent:", "if meta.intent and sight.reconciled and not _changed(meta, sight):"),
)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        rule="absolute bytes_sent",
        removed="A recorded part is added to `bytes_sent` with HINCRBY, again if it is recorded again.",
        cuts=(
            Cut("rec_part.lua", "if string.sub(known, 1, #text) ~= text then", "do"),
            Cut(
                "rec_part.lua",
                "recount(tonumber(get('contiguous')) or 0)",
                "redis.call('HINCRBY', meta, 'contiguous', 1)\n    redis.call('HINCRBY', meta, 'bytes_sent', ARGV[8])",
            ),
        ),
        kills=(Kill("services-come-and-go", 9, "S7"), Kill("a-script-may-run-twice", 2, "S21")),
    ),
    Mutant(
        rule="one atomic script per set move",
        removed="The script changes the status; the client moves the stream from set to set after it.",
        cuts=(
            Cut("prelude.lua", "redis.call(name == status and 'SADD' or 'SREM', KEYS[2 + i], id)", ""),
            Cut(
                "state.StreamState.run_as",
                "return _answer(stream, reply)",
                """answer = _answer(stream, reply)
    if answer.meta is not None:
        for name in STATUSES:
            move = self.redis.sadd if name == answer.meta.status else self.redis.srem
            await _awaited(move(self.keys.of_status(name), stream))
    return answer""",
            ),
        ),
        kills=(Kill("a-worker-that-dies-is-succeeded", 1, "S1"),),
    ),
    Mutant(
        rule="HEAD check (NoSuchUpload is not done)",
        removed="A Complete that is answered with NoSuchUpload is taken to have worked, as tusd takes it.",
        cuts=(
            Cut(
                "machine.judge_refusal",
                "case Kind.NO_UPLOAD | Kind.NOT_FOUND | Kind.OCCUPIED:",
                """case Kind.NO_UPLOAD | Kind.NOT_FOUND:
            return Outcome.PUBLISHED
        case Kind.OCCUPIED:""",
            ),
        ),
        kills=(Kill("a-swept-upload-is-begun-again", 2, "S3", of_seeds=3),),
    ),
    Mutant(
        rule="HEAD check (NoSuchUpload is not failed)",
        removed="A Complete that is answered with NoSuchUpload is taken to have failed, and nobody looks at the key.",
        cuts=(
            Cut(
                "completing._judge",
                "meta, whose = hold.meta, judge_head(head, hold.meta, intent)",
                """if error is not None and error.kind in UPLOAD_GONE:
        await hold.transit("mark_abort", "upload_lost")
        return None
    meta, whose = hold.meta, judge_head(head, hold.meta, intent)""",
            ),
            Cut("completing.commit", "await _is_there(hold, intent) or not", "not"),
            Cut(
                "completing.mend",
                "if not await _is_there(hold, intent):\n            await _upload_lost(hold)",
                'await hold.transit("mark_abort", "upload_lost")',
            ),
            Cut("ending.abort", "head = await hold.shop.store.head(meta.key)", "head = None"),
        ),
        kills=(Kill("a-complete-in-doubt-is-found-out", 10, "S17", of_seeds=4),),
    ),
    Mutant(
        rule="revision after a late write",
        removed="A file that was completed once is never looked at again.",
        cuts=(
            Cut(
                "machine.after_the_end",
                "if meta.status == COMPLETED:",
                "if meta.status == COMPLETED:\n        return After.NOTHING\n    if False:",
            ),
        ),
        kills=(Kill("a-late-write-is-not-lost", 3, "L2", words="has no object like it", settle_s=90.0, of_seeds=5),),
    ),
    Mutant(
        rule="re-reading content on resume",
        removed="Who takes a stream up trusts `bytes_sent` and the parts that Redis has, and compares nothing.",
        cuts=(
            Cut(
                "resume.reconcile",
                "shop, meta = hold.shop, hold.meta",
                "hold.reconciled = True\n    return\n    shop, meta = hold.shop, hold.meta",
            ),
        ),
        kills=(
            Kill(
                "what-changed-meanwhile-is-not-salvaged",
                1,
                "S5",
                words="bytes that the file had no more were published",
            ),
        ),
    ),
    Mutant(
        rule="janitor",
        removed="The abort queue is not worked off, and uploads that nobody refers to are not looked for.",
        cuts=(
            Cut(
                "janitor.Janitor._for_ever",
                "until_sweep_s = 0.0",
                "await asyncio.Event().wait()\n    until_sweep_s = 0.0",
            ),
        ),
        kills=(Kill("a-lost-create-leaves-no-upload", 2, "L4", words="still owed: an upload of", settle_s=120.0),),
    ),
    Mutant(
        rule="token",
        removed="Whatever lies at the key is taken to be ours: existence is enough.",
        cuts=(
            Cut(
                "machine.judge_head",
                "if attempt_of(head.token, meta.id) is None:\n        return Whose.FOREIGN",
                "if True:\n        return Whose.OURS",
            ),
        ),
        kills=(Kill("a-foreign-object-is-not-overwritten", 1, "S4"),),
    ),
    Mutant(
        rule="re-verification at finalize",
        removed="The digests that were recorded when the parts were sent are taken to be those of the file.",
        cuts=(
            Cut(
                "finalize.drain",
                "digests = await digest_all(hold, source, ranges)",
                """recorded = await hold.shop.state.parts(hold.meta.id)
        listed = await hold.shop.store.list_parts(hold.meta.key, hold.meta.upload_id)
        digests = {n: Digests(recorded[n].md5, part.checksum) for n, part in listed.items() if n in recorded}
        digests |= await digest_all(hold, source, [span for span in ranges if span.n not in digests])""",
            ),
        ),
        kills=(Kill("rewritten-bytes-are-sent-again", 4, "S5", of_seeds=7),),
    ),
    Mutant(
        rule='not "abort when Complete errors"',
        removed="An error of Complete aborts the upload and fails the stream, as transfer managers do.",
        cuts=(
            Cut(
                "completing._give_up",
                "assert error is not None",
                """assert error is not None
    await hold.transit("mark_abort", "rejected")
    await hold.shop.store.abort(hold.meta.key, hold.meta.upload_id)
    await hold.transit("fail", "rejected", "0", 10**6)
    return""",
            ),
            Cut(
                "store.Store._call",
                "if refusal.kind not in _TRY_AGAIN or",
                'if operation == "complete_multipart_upload" or refusal.kind not in _TRY_AGAIN or',
            ),
        ),
        kills=(Kill("a-complete-in-doubt-is-found-out", 10, "S17", of_seeds=9),),
    ),
    Mutant(
        rule="timer renewal of the lease",
        removed="Leases are renewed by the scripts that a stream runs, and by nothing while it runs none.",
        cuts=(
            Cut("lease.Leases._for_ever", "await self._renew()\n        self._let_go()", "pass"),
            Cut(
                "prelude.lua",
                "return get('owner') ~= owner or get('epoch') ~= epoch",
                """if get('owner') ~= owner or get('epoch') ~= epoch then return true end
    redis.call('HSET', meta, 'lease_until', string.format('%.0f', now + 10000))
    return false""",
            ),
        ),
        kills=(Kill("a-long-reading-keeps-its-lease", 3, "L1", words="is pending_completion/draining"),),
    ),
    Mutant(
        rule="fencing and intent together",
        removed="No script asks who runs it, and a promise is replaced by whoever makes the next.",
        cuts=(_NO_FENCE, *_NO_PROMISE),
        kills=(Kill("who-slept-promises-nothing", 1, "S2"),),
    ),
    Mutant(
        rule="fencing",
        removed="No script asks who runs it.",
        cuts=(_NO_FENCE,),
        kills=(Kill("who-wakes-too-late-changes-nothing", 2, "S13", of_seeds=3),),
    ),
    Mutant(
        rule="intent",
        removed="A promise binds nobody: a write calls the stream back, and the next promise replaces it.",
        cuts=_NO_PROMISE,
        kills=(Kill("a-promise-binds-whoever-comes-next", 2, "S2"),),
    ),
    Mutant(
        rule="owner in the fence",
        removed="Scripts ask for the epoch alone.",
        cuts=(_NO_OWNER,),
        kills=(Kill("an-epoch-alone-is-no-owner", 1, "S13"),),
    ),
    Mutant(
        rule="set repair",
        removed="A start leaves the sets as they are.",
        cuts=(
            Cut(
                "resume.unfinished",
                "if [status for status in STATUSES if meta.id in sets[status]] != [meta.status]:",
                "if False:",
            ),
            Cut(
                "resume.unfinished",
                "for stream in sorted(set[str]().union(*sets.values()) - known):",
                "for stream in []:",
            ),
        ),
        kills=(Kill("what-is-over-is-where-it-belongs", 1, "S1"),),
    ),
)
