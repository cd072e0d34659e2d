from __future__ import annotations

import importlib.util
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.paths import ROOT


@pytest.fixture
def accounts() -> ModuleType:
    """The script that compose runs, imported."""
    spec = importlib.util.spec_from_file_location("accounts", ROOT / "compose/accounts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Security:
    """Records its calls."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.told.append((name, arguments))


def test_roles_come_before_users_and_each_user_has_its_own_password(accounts) -> None:
    """A role per file, then the users with those roles, then the password that Kibana waits for."""
    security = Security()
    names = [variable for variable, _ in accounts.USERS.values()] + ["KIBANA_SYSTEM_PASSWORD"]
    accounts.make_accounts(SimpleNamespace(security=security), {name: f"secret of {name}" for name in names})
    kinds = [name for name, _ in security.told]
    assert kinds == ["put_role"] * 8 + ["put_user"] * 6 + ["change_password"]
    passwords = [arguments["password"] for name, arguments in security.told if name != "put_role"]
    assert passwords == [f"secret of {name}" for name in names]


def test_users_have_only_roles_that_are_there(accounts) -> None:
    """Ours by file, and Kibana's own."""
    used = {role for _, roles in accounts.USERS.values() for role in roles}
    assert used == set(accounts.roles()) | {"kibana_admin"}


def test_a_server_that_does_not_answer_is_one_line(accounts, tmp_path, capsys) -> None:
    """The exit code is 1, and no password is printed."""
    import certifi

    environment = {
        "ELASTICSEARCH_URL": "https://127.0.0.1:1",
        "CA_FILE": certifi.where(),
        "ELASTIC_PASSWORD": "very secret",
    }
    assert accounts.main(environment) == 1
    told = capsys.readouterr().err
    assert told.startswith("accounts: Elasticsearch refused:")
    assert "very secret" not in told
