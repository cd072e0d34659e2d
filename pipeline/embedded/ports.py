"""Loopback ports: free ones, and who holds a taken one."""

from __future__ import annotations

import random
import socket

import psutil

from pipeline.errors import SetupError

HOST = "127.0.0.1"
_FREE = (20_000, 32_000)


def claim(port: int, server: str, option: str) -> int:
    """The port to listen on: the one asked for, or a free one for 0.

    Raises:
        SetupError: it is taken, or only root may open it; the message names the port, its holder and the option that
            chooses another.
    """
    if port == 0:
        return free_port()
    if isinstance(_refusal(port), PermissionError):
        raise SetupError(
            f"port {port}, which {server} needs, may be opened by root alone: choose one above 1023 with {option}"
        )
    if not is_free(port):
        holder = f" by {who}" if (who := _holder(port)) else ""
        raise SetupError(
            f"port {port}, which {server} needs, is taken{holder}: end that, or choose another with {option}"
        )
    return port


def free_port() -> int:
    """A port of loopback that nothing uses now.

    It lies below the ports that systems lend to outgoing connections, one of which might take it before a server does.
    """
    tried = (random.randrange(*_FREE) for _ in range(1000))
    port = next((port for port in tried if is_free(port)), None)
    if port is None:
        raise SetupError(f"no port of {HOST} between {_FREE[0]} and {_FREE[1]} is free: end something")
    return port


def is_open(port: int) -> bool:
    """True if something accepts connections on a port of loopback."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """True if a server could listen on a port of loopback now."""
    # Some systems allow a second listener on loopback beside one on all addresses.
    return _refusal(port) is None and not is_open(port)


def _refusal(port: int) -> OSError | None:
    """Why nothing can listen there."""
    with socket.socket() as probe:
        # As servers do, so that connections in TIME_WAIT do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def _holder(port: int) -> str | None:
    try:
        listening = [c for c in psutil.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN]
        pids = [c.pid for c in listening if c.laddr and c.laddr.port == port and c.pid]
        return f"{psutil.Process(pids[0]).name()} (process {pids[0]})" if pids else None
    except psutil.Error:
        return None
