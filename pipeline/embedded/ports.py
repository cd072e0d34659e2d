"""Loopback ports: free ones, and who holds a taken one."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

import psutil

from pipeline.errors import SetupError

HOST = "127.0.0.1"
_FREE = (20_000, 32_000)
_FIRST_FOR_ALL = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def claim(port: int, server: str, option: str) -> int:
    """The port to listen on: the one asked for, or a free one for 0.

    Raises:
        SetupError: it is taken, or only root may open it; the message names the port, its holder and the option that
            chooses another.
    """
    if port == 0:
        return free_port()
    if _is_for_root(port):
        raise SetupError(
            f"port {port}, which {server} needs, may be opened by root alone, and no server runs as root: choose one "
            f"above 1023 with {option}"
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


def _is_for_root(port: int) -> bool:
    # Root may open it, but the servers that root starts run as another user.
    if os.geteuid() == 0 and _FIRST_FOR_ALL.exists():
        return port < int(_FIRST_FOR_ALL.read_text())
    return isinstance(_refusal(port), PermissionError)


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
