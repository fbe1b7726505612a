"""Tests of CPython's suite that do not apply, by group, each group with its reason.

They are run all the same: one that passes is reported, so that the table stays true.
"""

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Final


@dataclass(frozen=True)
class Group:
    """A reason, and the tests for which it holds: MODULE.CLASS.TEST, with `*` for any part, `on 3.11` at the end."""

    name: str
    reason: str
    tests: tuple[str, ...]


GROUPS: Final = (
    Group(
        "mocked machine",
        "puts mocks in the place of `socket` or `signal` where asyncio's own loop calls them; ours calls the kernel",
        (
            "base_events.BaseEventLoopWithSelectorTests.test_create_connection_ip_addr",
            "base_events.BaseEventLoopWithSelectorTests.test_create_connection_ipv6_scope",
            "base_events.BaseEventLoopWithSelectorTests.test_create_connection_no_inet_pton",
            "base_events.BaseEventLoopWithSelectorTests.test_create_connection_service_name",
            "unix_events.SelectorEventLoopSignalTests.test_add_signal_handler",
            "unix_events.SelectorEventLoopSignalTests.test_add_signal_handler_install_error*",
            "unix_events.SelectorEventLoopSignalTests.test_add_signal_handler_setup_error",
            "unix_events.SelectorEventLoopSignalTests.test_close*",
            "unix_events.SelectorEventLoopSignalTests.test_handle_signal_*",
            "unix_events.SelectorEventLoopSignalTests.test_remove_signal_handler",
            "unix_events.SelectorEventLoopSignalTests.test_remove_signal_handler_2",
            "unix_events.SelectorEventLoopSignalTests.test_remove_signal_handler_error*",
            "subprocess.GenericWatcherTests.test_create_subprocess_fails_with_inactive_watcher on 3.11",
        ),
    ),
    Group(
        "private parts",
        "calls private methods of asyncio's selector loop that the simulated one has no use for",
        (
            "events.*EventLoopTests.test_internal_fds",
            "unix_events.SelectorEventLoopUnixSockSendfileTests.test_sock_sendfile_blocking_error",
            "unix_events.SelectorEventLoopUnixSockSendfileTests.test_sock_sendfile_cancel*",
            "unix_events.SelectorEventLoopUnixSockSendfileTests.test_sock_sendfile_exception",
            "unix_events.SelectorEventLoopUnixSockSendfileTests.test_sock_sendfile_not_available",
            "unix_events.SelectorEventLoopUnixSockSendfileTests.test_sock_sendfile_os_error_*",
        ),
    ),
    Group(
        "copied processes",
        "`os.fork` and `multiprocessing` are refused by name: a simulated process cannot be copied",
        ("unix_events.TestFork.test_fork_*", "events.Test*GetEventLoop.test_get_event_loop_new_process"),
    ),
    Group(
        "terminals",
        "`os.openpty` is refused by name",
        (
            "events.*EventLoopTests.test_bidirectional_pty",
            "events.*EventLoopTests.test_read_pty_output",
            "events.*EventLoopTests.test_write_pty",
        ),
    ),
    Group(
        "another interpreter",
        "starts Python with other flags, which a child that shares our interpreter cannot follow",
        (
            "base_events.BaseEventLoopTests.test_env_var_debug",
            "tasks.CoroutineGatherTests.test_env_var_debug",
            "tasks.FutureGatherTests.test_env_var_debug",
        ),
    ),
    Group(
        "unix datagrams",
        "`AF_UNIX` with `SOCK_DGRAM` is refused by name",
        (
            "base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_*sock_unix",
            "unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_path_dgram",
        ),
    ),
    Group(
        "unix socket files",
        "the names of unix sockets are a namespace of the host, without files on its disks",
        (
            "server.UnixServerCleanupTests.test_unix_server_cleanup_gone",
            "server.UnixServerCleanupTests.test_unix_server_cleanup_prevented",
            "server.UnixServerCleanupTests.test_unix_server_cleanup_replaced",
            "unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_existing_path_nonsock",
            "unix_events.SelectorEventLoopUnixSocketTests.test_create_unix_server_path_stream_bittype on 3.11",
        ),
    ),
)


@cache
def group_of(name: str) -> Group | None:
    """The group that a test is excluded with on this Python."""
    return next((group for group in GROUPS if any(_fits(name, test) for test in group.tests)), None)


def _fits(name: str, test: str) -> bool:
    pattern, _, only = test.partition(" on ")
    return fnmatchcase(name, pattern) and only in ("", f"{sys.version_info[0]}.{sys.version_info[1]}")
