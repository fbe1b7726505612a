"""Connections, sockets and readers of the simulated loop."""


class LoopIO:
    """The part of the loop that talks to the network."""

    def close_io(self) -> None:
        """Drop what the loop still listens to."""
