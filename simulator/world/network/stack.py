"""Stack: the network as one host has it: its addresses, its ports, its names, its connections."""

import os
from errno import EADDRNOTAVAIL, ECONNREFUSED, ENOENT
from socket import EAI_NONAME
from typing import TYPE_CHECKING, Any

from simulator.world.network import address as ip_rules
from simulator.world.network.attempt import Attempt, Delay, Fail, Lose
from simulator.world.network.bindings import Binding, Bindings
from simulator.world.network.datagram import DatagramPort
from simulator.world.network.dial import Dial, Done
from simulator.world.network.listener import Listener
from simulator.world.network.names import TIMEOUT_NS, Answer, key
from simulator.world.network.stream import Stream

if TYPE_CHECKING:
    from simulator.world.network.network import Network


class HostStack:
    """What `process.host.network` is: the port through which sockets and loops reach the model."""

    def __init__(self, network: "Network", name: str, addresses: tuple[str, ...]) -> None:
        self.network, self.name, self.addresses = network, name, addresses
        self.up = True
        self.bindings = Bindings()
        self.listeners: dict[Binding, Listener] = {}
        self.unix_listeners: dict[str, Listener] = {}
        self._unix_paths: set[str] = set()
        self._receivers: dict[Binding, DatagramPort] = {}
        self._own_names: dict[str, tuple[str, ...]] = {}
        self._dials: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<stack {self.name} {' '.join(self.addresses)}{'' if self.up else ' down'}>"

    @property
    def hostname(self) -> str:
        return self.name

    # --- addresses ----------------------------------------------------------------------------------

    def has_family(self, ip: str) -> bool:
        """Whether the host can send to addresses of this one's family at all."""
        v6 = ip_rules.is_v6(ip)
        return ip_rules.is_loopback(ip) or any(ip_rules.is_v6(own) == v6 for own in self.addresses)

    def owns(self, ip: str) -> bool:
        return ip_rules.is_any(ip) or ip_rules.is_loopback(ip) or ip in self.addresses

    def route(self, ip: str) -> "HostStack | None":
        """The host that has an address, as seen from here."""
        if self.owns(ip):
            return self
        return self.network.host_at(ip) if self.has_family(ip) else None

    def source_ip(self, remote_ip: str) -> str:
        """The address from which packets to another leave."""
        v6 = ip_rules.is_v6(remote_ip)
        if ip_rules.is_loopback(remote_ip) or ip_rules.is_any(remote_ip):
            return ip_rules.LOOPBACK_V6 if v6 else ip_rules.LOOPBACK_V4
        if remote_ip in self.addresses:
            return remote_ip
        return next((own for own in self.addresses if ip_rules.is_v6(own) == v6), ip_rules.LOOPBACK_V4)

    def site_of(self, target_name: str) -> str:
        """The place of a connection's draws: the n-th from here to there, whatever else is going on."""
        number = self._dials[target_name] = self._dials.get(target_name, 0) + 1
        return f"{self.name}->{target_name} #{number}"

    # --- ports --------------------------------------------------------------------------------------

    def bind(
        self, transport: str, ip: str, port: int, *, reuse_address: bool, reuse_port: bool, v6_only: bool
    ) -> Binding:
        """Hold an address and port for a socket."""
        ip = ip_rules.normal(ip)
        if not self.owns(ip):
            raise OSError(EADDRNOTAVAIL, os.strerror(EADDRNOTAVAIL))
        dual = ip_rules.is_any(ip) and ip_rules.is_v6(ip) and not v6_only
        return self.bindings.bind(Binding(transport, ip, port, reuse_address, reuse_port, dual))

    def free(self, binding: Binding) -> None:
        self.listeners.pop(binding, None)
        self._receivers.pop(binding, None)
        binding.listening = False
        self.bindings.free(binding)

    def listen(self, binding: Binding, backlog: int, *, v6: bool) -> Listener:
        """Take connections at a bound port."""
        local = ip_rules.socket_address(binding.ip, binding.port, v6=v6)
        listener = self.listeners[binding] = Listener(self.network, self.name, local, backlog)
        binding.listening = True
        if self.network.traced:
            self.network.clock.emit(
                "net.listen", host=self.name, address=f"{binding.ip}:{binding.port}", backlog=listener.backlog
            )
        return listener

    def find_listener(self, remote: tuple[Any, ...], site: str) -> Listener | None:
        """Who takes a connection to an address; sockets that share a port take turns by chance."""
        ip = ip_rules.ip_of(remote)
        if ip_rules.is_any(ip):  # Linux takes a connection to "any" as one to itself.
            ip = self.source_ip(ip)
        found = self.bindings.listening(ip, remote[1], self.listeners.__contains__)
        if not found:
            return None
        chosen = 0
        if len(found) > 1:
            chosen = self.network.clock.choices.draw(
                len(found), stream=f"port {self.name}:{remote[1]}", site=site, label="listener"
            )
        return self.listeners[found[chosen]]

    def dial(self, binding: Binding | None, remote: tuple[Any, ...], done: Done, *, v6: bool) -> tuple[Dial, Binding]:
        """Begin to connect; the address it leaves from is settled at once, as with Linux."""
        ip = ip_rules.ip_of(remote)
        source = self.source_ip(ip)
        if binding is None:
            binding = self.bindings.bind(Binding("tcp", source, 0))
        elif ip_rules.is_any(binding.ip):
            binding.ip = source
        dial = Dial(self, ip_rules.socket_address(binding.ip, binding.port, v6=v6), remote, done)
        dial.start()
        return dial, binding

    def datagram(self, binding: Binding) -> DatagramPort:
        """Receive and send datagrams at a bound port."""
        port = self._receivers[binding] = DatagramPort(self, binding)
        return port

    def datagram_ports(self, ip: str, port: int) -> list[DatagramPort]:
        ip = self.source_ip(ip) if ip_rules.is_any(ip) else ip
        return [self._receivers[held] for held in self.bindings.receiving(ip, port) if held in self._receivers]

    # --- sockets on paths, and pairs ------------------------------------------------------------------

    def bind_unix(self, path: str) -> bool:
        """Take a path of this host; False when somebody has it."""
        if path in self._unix_paths:
            return False
        self._unix_paths.add(path)
        return True

    def listen_unix(self, path: str, backlog: int) -> Listener:
        """Take connections at a path of this host."""
        listener = self.unix_listeners[path] = Listener(self.network, self.name, path, backlog)
        return listener

    def free_unix(self, path: str, listener: Listener | None) -> None:
        """Let a path go; a real one would stay until it is unlinked, which asyncio does before it binds."""
        self._unix_paths.discard(path)
        if listener is not None and self.unix_listeners.get(path) is listener:
            del self.unix_listeners[path]

    def dial_unix(self, path: str) -> Stream | None:
        """Connect to a path, at once as Linux does; None while its backlog is full."""
        listener = self.unix_listeners.get(path)
        if listener is None:
            errno = ECONNREFUSED if path in self._unix_paths else ENOENT
            raise OSError(errno, os.strerror(errno))
        if listener.full:
            return None
        client, server = self.network.pair(self, "", path)
        listener.enqueue(server)
        return client

    def pair(self) -> tuple[Stream, Stream]:
        """Two connected ends, as socketpair makes them."""
        return self.network.pair(self, "", "")

    # --- names ----------------------------------------------------------------------------------------

    def override(self, name: str, *addresses: str) -> None:
        """Let this host see other addresses under a name than the others do, as /etc/hosts does."""
        self._own_names[key(name)] = addresses

    def lookup(self, name: str) -> Answer:
        """Ask for the addresses of a name."""
        name = key(name)
        if name in self._own_names:
            return Answer(self._own_names[name])
        if name == "localhost" or name.endswith(".localhost"):
            return Answer((ip_rules.LOOPBACK_V6, ip_rules.LOOPBACK_V4))
        if name == key(self.name):
            return Answer(self.addresses)
        answer = self._judged(name, self.network.zone.lookup(name))
        if self.network.traced:
            told = ",".join(answer.addresses) or str(answer.error)
            self.network.clock.emit("dns.query", host=self.name, name=name, answer=told, delay_ns=answer.delay_ns)
        return answer

    def _judged(self, name: str, answer: Answer) -> Answer:
        gate = self.network.gate
        verdict = gate(Attempt("dns.query", self.name, "", name=name)) if gate is not None else None
        if isinstance(verdict, Delay):
            return Answer(answer.addresses, answer.error, answer.delay_ns + verdict.delay_ns)
        if isinstance(verdict, Fail):
            return Answer(error=verdict.errno or EAI_NONAME, delay_ns=answer.delay_ns)
        return Answer(error=EAI_NONAME, delay_ns=TIMEOUT_NS) if isinstance(verdict, Lose) else answer

    def name_of(self, ip: str) -> str | None:
        """The name of an address, as a reverse lookup gives it."""
        if ip_rules.is_loopback(ip):
            return "localhost"
        return self.network.zone.name_of(ip)

    # --- power ----------------------------------------------------------------------------------------

    def power_off(self) -> None:
        """Go dark: peers hear nothing more, not even an end."""
        self.network.power_off(self.name)

    def power_on(self) -> None:
        """Come back without any memory."""
        self.network.power_on(self.name)

    def forget(self) -> None:
        """Lose everything that was held in memory."""
        self.bindings.clear()
        self.listeners.clear()
        self.unix_listeners.clear()
        self._unix_paths.clear()
        self._receivers.clear()
