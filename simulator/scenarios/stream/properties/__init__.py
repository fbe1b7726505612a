"""Properties: what must hold of streams, each a fold over the trace that knows nothing of the program's code.

They see what S3 was asked and answered, what was written to files, what Redis keeps (`stream.kept`), and what each
Complete made (`s3.published`). Their names begin with those of the protocol: S1 to S24 hold at every event, L1 to L10
at the end.

| module      | what lives there                                                     |
|-------------|-----------------------------------------------------------------------|
| `fold`      | what all of them know: the streams as Redis has them                  |
| `states`    | one set, lawful steps, sums, plans, epochs, leases                     |
| `objects`   | what is published is what was recorded, once, under the right token    |
| `conduct`   | what the program may ask of S3, and when it may call a file finished    |
| `liveness`  | what is owed at the end                                               |
| `peace`     | what only holds while nothing goes wrong: no byte sent twice           |
"""

from simulator.oracles import no_unhandled_errors
from simulator.oracles.fold import OracleFactory
from simulator.scenarios.stream.properties import conduct, liveness, objects, states

ALWAYS: tuple[OracleFactory, ...] = (
    no_unhandled_errors,
    states.one_set,
    states.lawful_steps,
    states.parts_follow_the_plan,
    states.bytes_sent_is_the_sum,
    states.epochs_only_grow,
    states.one_lease,
    states.owners_only,
    states.intents_add_up,
    states.activity_only_grows,
    objects.completed_is_there,
    objects.whole_states_only,
    objects.parts_were_acknowledged,
    objects.lists_are_gapless,
    objects.published_once,
    objects.failed_has_a_reason,
    objects.described,
    conduct.aborts_are_marked,
    conduct.uploads_keep_their_key,
    conduct.only_idle_files_end,
    liveness.all_come_to_an_end,
    liveness.every_file_has_its_object,
    liveness.nothing_is_left,
    liveness.retries_are_bounded,
)
"""What every scenario of streams is watched for."""

__all__ = ["ALWAYS", "conduct", "liveness", "objects", "states"]
