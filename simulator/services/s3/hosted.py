"""An S3 as a program of a simulated host: `s3 = host_s3(world.host("s3"), S3Server(buckets=("films",)))`."""

from dataclasses import replace

from simulator.errors import Misuse
from simulator.services.hosting import switchboard, telling
from simulator.services.s3.program import S3Server, serve_s3
from simulator.services.s3.store import Store
from simulator.services.s3.troubles import S3_SURFACE
from simulator.world.host import Host
from simulator.world.service import ALWAYS, Restart, Service


class HostedS3:
    """An S3 on a host: its program, what it remembers, and its troubles."""

    def __init__(self, host: Host, server: S3Server, restart: Restart) -> None:
        if server.data:
            raise Misuse("an S3 on a simulated host keeps what it remembers in a store", hint="leave `data` out")
        self.host = host
        self.store = server.store if server.store is not None else Store()
        self.troubles = switchboard(host, S3_SURFACE, server.troubles)
        self.server = replace(server, store=self.store, troubles=self.troubles)
        self.service: Service = host.run(self._serve, name="s3", restart=restart)
        host.looks["s3"] = self.look

    def __repr__(self) -> str:
        return f"<S3 on {self.host.name}: {len(self.store.buckets)} buckets, {self.service}>"

    def look(self, name: str) -> list[str]:
        """The buckets, or what lies in one: its objects and its open uploads."""
        buckets = self.store.buckets
        if not name:
            return [
                f"{each.name}  {len(each.keys)} keys, {len(each.open_uploads())} uploads" for each in buckets.values()
            ]
        bucket = buckets.get(name)
        if bucket is None:
            return [f"there is no bucket {name!r}"]
        current = [found for key in bucket.keys if (found := bucket.current(key)) is not None]
        lines = [f"{each.key}  {'deleted' if each.marker else f'{each.size:,} bytes  {each.etag}'}" for each in current]
        return lines + [f"{each.key}  upload {each.id}, {len(each.parts)} parts" for each in bucket.open_uploads()]

    async def _serve(self) -> None:
        await serve_s3(self.server, tell=telling(self.host))


def host_s3(host: Host, server: S3Server | None = None, *, restart: Restart = ALWAYS) -> HostedS3:
    """Start an S3 on a host. What it has answered outlives a crash, for its store is no part of the program."""
    return HostedS3(host, server or S3Server(), restart)
