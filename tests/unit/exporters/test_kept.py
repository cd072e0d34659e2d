"""Clients that are kept open."""

from __future__ import annotations

import pytest

from exporters.kept import Kept


class _Client:
    def __init__(self, number: int) -> None:
        self.number = number
        self.closed = False

    def close(self) -> None:
        self.closed = True
        raise OSError("a broken client also fails at closing")


class _Clients:
    def __init__(self) -> None:
        self.made: list[_Client] = []

    def __call__(self) -> _Client:
        self.made.append(_Client(len(self.made)))
        return self.made[-1]


def test_one_client_serves_many_uses() -> None:
    """Nothing is opened before it is needed, and then once."""
    connect = _Clients()
    kept = Kept(connect)
    assert connect.made == []
    for _ in range(3):
        with kept.use() as client:
            assert client.number == 0


def test_a_failed_client_is_replaced() -> None:
    """The error goes on to the caller, the client is closed, and the next use has a fresh one."""
    connect = _Clients()
    kept = Kept(connect)
    with pytest.raises(ValueError, match="wrong"), kept.use():
        raise ValueError("wrong")
    assert connect.made[0].closed
    with kept.use() as client:
        assert client.number == 1


def test_closing_without_a_client() -> None:
    """There is nothing to close, and nothing is opened for it."""
    connect = _Clients()
    Kept(connect).close()
    assert connect.made == []
