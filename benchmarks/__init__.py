"""Benchmarks: the engine and its peers, measured side by side in one run (`scripts/bench`).

Every engine lives in a process of its own, and the parent lets them take turns, so that a busy moment of the
machine hits all of them. What counts is CPU time, the median over the rounds, and above all the ratios within one
run. Every result is compared with one that was computed without any engine.

    programs        the cases as asyncio programs, the same text for every asyncio engine
    processes       the cases as SimPy processes
    expected        what each case must return, computed directly
    cases           the table of cases: sizes, operations, which engines can run them
    engines         how each engine is started
    worker          one engine in its process, taking orders on stdin
    tiny            a whole run of a server and five clients, seed to outcome, on every engine that has hosts
    measures        what the engine's trace and largest worlds cost, without a peer
    rounds          interleaved rounds, medians, ratios, geometric mean
    goals           what is to be reached, as ratios to peers
    machine         what the measurements were made on, without saying whose it is
    page            docs/performance.md, from the results
"""
