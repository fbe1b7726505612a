"""What becomes of each method of an event loop: simulated, or refused by name.

The table is compared with asyncio's own `AbstractEventLoop` of every supported Python, and each row with
the loop: a method that CPython adds, or one that we forget, fails a test.
"""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Row:
    """One method: what becomes of it, and what there is to know."""

    fate: Literal["simulated", "refused"]
    note: str = ""


def _simulated(names: str, note: str = "") -> dict[str, Row]:
    return {name: Row("simulated", note) for name in names.split()}


LOOP: Final[dict[str, Row]] = {
    **_simulated("run_forever run_until_complete stop is_running is_closed close", "in virtual time"),
    **_simulated("shutdown_asyncgens", "in the order in which the generators were first used"),
    **_simulated("shutdown_default_executor run_in_executor set_default_executor", "threads are greenlets"),
    **_simulated("call_soon call_soon_threadsafe", "first in, first out"),
    **_simulated("call_later call_at time", "integer nanoseconds; never early"),
    **_simulated("create_future create_task set_task_factory get_task_factory"),
    **_simulated("getaddrinfo getnameinfo", "the simulated DNS"),
    **_simulated("create_connection create_server connect_accepted_socket", "the simulated network; TLS by memory BIO"),
    **_simulated("create_unix_connection create_unix_server", "a namespace per host"),
    **_simulated("create_datagram_endpoint start_tls sendfile"),
    **_simulated("add_reader remove_reader add_writer remove_writer", "on descriptors of the process"),
    **_simulated("sock_recv sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendto"),
    **_simulated("sock_connect sock_accept sock_sendfile"),
    **_simulated("connect_read_pipe connect_write_pipe subprocess_exec subprocess_shell", "programs of the host"),
    **_simulated("add_signal_handler remove_signal_handler", "signals of the process"),
    **_simulated("set_exception_handler get_exception_handler default_exception_handler call_exception_handler"),
    **_simulated("get_debug set_debug"),
    **_simulated("_timer_handle_cancelled", "the engine counts cancelled timers itself"),
}
