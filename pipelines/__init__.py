"""Pipelines: production asyncio programs, which know nothing of the simulator.

Each pipeline is a package of its own, with its decisions in modules that do no I/O and a thin shell around them.
They import client libraries (the `clients` extra) and the standard library, and never `simulator`; import-linter
holds them to it. Pipelines do not import each other.

There are none yet: the simulator comes first, and this package keeps their place.
"""
