"""Scenarios of `pipelines.stream`: the program itself, unmodified, on hosts of the world, with recorders beside it.

python -m simulator run recordings-survive --seeds 20
"""
