"""Retry: how long to wait before trying again."""

import random


def full_jitter(tries: int, *, base_s: float, cap_s: float) -> float:
    """Anything up to a bound that doubles with every try: what failed together does not come back together."""
    assert tries >= 1, "the first wait is after the first try"
    return random.uniform(0.0, min(cap_s, base_s * 2.0 ** min(tries - 1, 40)))
