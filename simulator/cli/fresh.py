"""Fresh: an interpreter whose string hashes are fixed, so that the order of sets is the seed's and not the day's."""

import os
import sys

HASH_SEED = "PYTHONHASHSEED"


def with_fixed_hashes() -> None:
    """Begin this process anew with fixed hashes, unless it has them. Does not return when it begins anew."""
    if os.environ.get(HASH_SEED, "random") != "random" or not sys.flags.hash_randomization:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {HASH_SEED: "0"})
