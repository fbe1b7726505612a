"""Pipelines: production asyncio programs, which know nothing of the simulator.

Each pipeline is a package of its own, with its decisions in modules that do no I/O and a thin shell around them.
They import client libraries (the `clients` extra) and the standard library, and never `simulator`; import-linter
holds them to it. Pipelines do not import each other.

stream  uploads recordings to S3 while they grow: python -m pipelines stream --help
common  what they share: limits, and waiting before another try
"""
