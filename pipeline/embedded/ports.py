"""Loopback ports: free ones, and who holds a taken one."""

from __future__ import annotations

import socket

import psutil

from pipeline.errors import SetupError

HOST = "127.0.0.1"


def claim(port: int, server: str, option: str) -> int:
    """The port to listen on: the one asked for, or a free one for 0.

    Raises:
        SetupError: it is taken; the message names the port, its holder and the option that chooses another.
    """
    if port == 0:
        return free_port()
    if not is_free(port):
        holder = f" by {who}" if (who := _holder(port)) else ""
        raise SetupError(
            f"port {port}, which {server} needs, is taken{holder}: end that, or choose another with {option}"
        )
    return port


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of loopback now."""
    with socket.socket() as probe:
        # As servers do: connections that linger after their end don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _holder(port: int) -> str | None:
    try:
        listening = [c for c in psutil.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN]
        pids = [c.pid for c in listening if c.laddr and c.laddr.port == port and c.pid]
        return f"{psutil.Process(pids[0]).name()} (process {pids[0]})" if pids else None
    except psutil.Error:
        return None
