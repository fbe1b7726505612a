"""Owners: which worker has the stream of a file, as Redis has it."""

from simulator.scenarios.stream.cluster import Cluster
from simulator.world.service import Service


def owner_of(cluster: Cluster, name: str) -> Service:
    """The worker that has the stream of a file; owners bear the number of their process."""
    owner = cluster.meta(name)["owner"]
    found = [each for each in cluster.workers if each.process is not None and f"-{each.process.pid}-" in owner]
    assert found, f"{owner} is none of the workers"
    return found[0]


def other_than(cluster: Cluster, one: Service) -> Service:
    """The other of two workers."""
    return next(each for each in cluster.workers if each is not one)
