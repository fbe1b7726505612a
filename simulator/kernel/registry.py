"""What becomes of each part of asyncio that a program can reach: simulated, or refused by name.

The tables of the loop and of transports are compared with asyncio's own classes of every supported Python, and
each row with what runs: a method that CPython adds, or one that we forget, fails a test.
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


def _refused(names: str, note: str) -> dict[str, Row]:
    return {name: Row("refused", note) for name in names.split()}


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

TRANSPORTS: Final[dict[str, Row]] = {
    **_simulated("get_extra_info", "addresses, the socket, TLS, the subprocess"),
    **_simulated("is_closing close set_protocol get_protocol abort"),
    **_simulated("is_reading pause_reading resume_reading", "what is not read fills the window of the other side"),
    **_simulated("write writelines", "go to the connection at once, by reference"),
    **_simulated("set_write_buffer_limits get_write_buffer_size get_write_buffer_limits"),
    **_simulated("write_eof can_write_eof", "half-close; TLS has none"),
    **_simulated("sendto"),
    **_simulated("get_pid get_returncode get_pipe_transport send_signal terminate kill", "of programs of the host"),
}
"""Methods of `BaseTransport` and of all that asyncio derives from it."""

BESIDE: Final[dict[str, Row]] = {
    **_simulated("run Runner new_event_loop get_event_loop get_running_loop set_event_loop", "give a simulated loop"),
    **_simulated("SelectorEventLoop EventLoop DefaultEventLoopPolicy", "their loop is the simulated one"),
    **_simulated("sleep", "one hop instead of two: the timer resumes its task itself"),
    **_simulated("to_thread run_coroutine_threadsafe", "threads are greenlets"),
    **_simulated("open_connection start_server open_unix_connection start_unix_server"),
    **_simulated("create_subprocess_exec create_subprocess_shell", "programs of the host"),
    **_simulated("all_tasks current_task", "of one process, in the order in which they were made"),
    **_simulated("uvloop", "a loop of uvloop's is the simulated one"),
    **_simulated("set_child_watcher", "obeyed, but not needed: the kernel tells the loop of a child's end"),
    **_refused("SelectorEventLoop-subclass", "it overrides the loop of a real machine"),
}
"""What programs reach beside the loop; all else of asyncio is its own code and runs as it is."""

SECTIONS: Final = {
    "Methods of the event loop": LOOP,
    "Methods of transports": TRANSPORTS,
    "Beside the loop": BESIDE,
}


def as_markdown() -> str:
    """The tables, for the reference page."""
    parts = []
    for title, table in SECTIONS.items():
        rows = [f"| `{name}` | {row.fate} | {row.note} |" for name, row in table.items()]
        parts += ["\n".join([f"### {title}\n", "| name | fate | note |", "|---|---|---|", *rows])]
    return "\n\n".join(parts)
