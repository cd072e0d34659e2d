"""Settings: where they come from, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.settings import Settings, load

pytestmark = pytest.mark.usefixtures("bare")
SECRET = "hunter2-of-mine"


def fault() -> str:
    with pytest.raises(ConfigError) as raised:
        load()
    return raised.value.message


def test_defaults_listen_on_loopback() -> None:
    """Nothing set: servers and metrics of this machine alone."""
    settings = load()
    assert (settings.kafka.bootstrap_servers, settings.elasticsearch.url, settings.telemetry.host) == (
        "127.0.0.1:9092",
        "http://127.0.0.1:9200",
        "127.0.0.1",
    )


def test_order_of_sources(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument wins over the environment, that over `.env`, that over `tweetpulse.toml`."""
    (bare / "tweetpulse.toml").write_text(
        'state_dir = "/toml"\n[kafka]\ntweets_topic = "toml"\nscored_topic = "toml"\npartitions = 2\n'
    )
    (bare / ".env").write_text("TWEETPULSE_KAFKA__TWEETS_TOPIC=dotenv\nTWEETPULSE_KAFKA__SCORED_TOPIC=dotenv\n")
    monkeypatch.setenv("TWEETPULSE_KAFKA__TWEETS_TOPIC", "environment")
    settings = load(state_dir="/argument")
    assert str(settings.state_dir) == "/argument"
    assert (settings.kafka.tweets_topic, settings.kafka.scored_topic, settings.kafka.partitions) == (
        "environment",
        "dotenv",
        2,
    )


def test_entities_from_the_file(bare: Path) -> None:
    """Tracked brands keep their names and keywords."""
    (bare / "tweetpulse.toml").write_text('[scoring.entities]\nAcme = ["acme", "@acme"]\n')
    assert load().scoring.entities == {"Acme": ("acme", "@acme")}


def test_folders_are_absolute(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is the working folder's, `~` is home; the checkpoint lies in it unless set."""
    monkeypatch.setenv("HOME", str(bare / "home"))
    settings = load(state_dir="state", cache_dir="~/cache")
    assert (settings.state_dir, settings.cache_dir) == (bare / "state", bare / "home" / "cache")
    assert settings.checkpoint == bare / "state" / "checkpoints" / "score"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA__PARTITIONS", "none-" + SECRET),
        ("KAFKA__PARTITIONS", "-12"),
        ("KAFKA__SECURITY_PROTOCOL", SECRET),
        ("KAFKA__PASWORD", SECRET),
        ("ELASTICSEARCH__NAMESPACE", SECRET),
        ("ELASTICSEARCH__RETENTION", "ninety days"),
        ("ELASTICSEARCH__URL", f"https://elastic:{SECRET}@example.org:9200"),
        ("KIBANA__URL", f"https://elastic:{SECRET}@example.org:5601"),
        ("TELEMETRY__STREAM_PORT", "65536"),
        ("STREAM__TRIGGER_SECONDS", "-1"),
        ("SCORING", SECRET),
        ("SCORING__ENTITIES__ACME", SECRET),
        ("LOG__LEVEL", SECRET),
    ],
)
def test_a_wrong_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the variable, and keeps its value to itself."""
    monkeypatch.setenv(f"TWEETPULSE_{name}", value)
    told = fault()
    assert f"TWEETPULSE_{name}" in told
    assert "\n" not in told
    assert value not in told


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TWEETPULSE_STRAM__TRIGGER_SECONDS", "TWEETPULSE_STREAM__TRIGGER_SECONDS"),
        ("TWEETPULSE_STATE_DRI", "TWEETPULSE_STATE_DIR"),
        ("TWEETPULSE_KAFKA_PARTITIONS", "TWEETPULSE_KAFKA__PARTITIONS"),
        ("TWEETPULSE_KAFKA__BOOTSTRAP_SERVER", "TWEETPULSE_KAFKA__BOOTSTRAP_SERVERS"),
        ("tweetpulse_kafak__partitions", "TWEETPULSE_KAFKA__PARTITIONS"),
    ],
)
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_variable_that_is_no_setting(
    name: str, meant: str, where: str, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo is an error that names the setting that was meant, never silence."""
    if where == "environment":
        monkeypatch.setenv(name, SECRET)
    else:
        (bare / ".env").write_text(f"{name}={SECRET}\n")
    assert fault() == f"{name.upper()} is no setting: did you mean {meant}?"


def test_a_variable_like_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where all of them are."""
    monkeypatch.setenv("TWEETPULSE_QQQQQQQQ", SECRET)
    assert fault() == "TWEETPULSE_QQQQQQQQ is no setting: all of them are in pipeline/settings.py"


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that Grafana's files and tests read, and whatever has another prefix."""
    for name in ("TWEETPULSE_GRAFANA_BOARDS", "TWEETPULSE_TEST_GRAFANA", "TWEET_PULSE", "KAFKA__PARTITIONS"):
        monkeypatch.setenv(name, "x")
    load()


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("[kafak]\npartitions = 3", "kafak", "kafka (TWEETPULSE_KAFKA)"),
        ('state_dri = "/x"', "state_dri", "state_dir (TWEETPULSE_STATE_DIR)"),
        ("partitions = 3", "partitions", "kafka.partitions (TWEETPULSE_KAFKA__PARTITIONS)"),
        ("[kafka]\npartitons = 3", "kafka.partitons", "kafka.partitions (TWEETPULSE_KAFKA__PARTITIONS)"),
    ],
)
def test_a_key_that_is_no_setting(text: str, name: str, meant: str, bare: Path) -> None:
    """In the file too, at the top level as in a section; the advice names the right key."""
    (bare / "tweetpulse.toml").write_text(text)
    assert fault() == f"tweetpulse.toml: {name} is no setting: did you mean {meant}?"


def test_a_key_in_json_that_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole section in one variable is no way around it."""
    monkeypatch.setenv("TWEETPULSE_KAFKA", '{"partitons": 3}')
    assert fault() == ("kafka.partitons is no setting: did you mean kafka.partitions (TWEETPULSE_KAFKA__PARTITIONS)?")


def test_what_is_wrong_in_a_list_names_the_setting_that_it_lies_in(bare: Path) -> None:
    """An item of a list has no variable of its own."""
    (bare / "tweetpulse.toml").write_text("[scoring.entities]\nAcme = [1]\n")
    assert fault().endswith("set TWEETPULSE_SCORING__ENTITIES__ACME or mend tweetpulse.toml")


@pytest.mark.parametrize("name", ["tweetpulse.toml", ".env"])
def test_a_file_that_is_not_utf_8(name: str, bare: Path) -> None:
    """One line."""
    (bare / name).write_bytes(b'state_dir = "\xff"\n')
    assert fault() == "tweetpulse.toml or .env is not UTF-8: mend it, or move it away"


def test_entities_that_are_not_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that can't be read is one line too."""
    monkeypatch.setenv("TWEETPULSE_SCORING__ENTITIES", SECRET)
    assert fault() == (
        "TWEETPULSE_SCORING, or a list or table in it (TWEETPULSE_SCORING__*), is not JSON: "
        "write it as JSON, or set it in tweetpulse.toml"
    )


def test_a_file_that_is_not_toml(bare: Path) -> None:
    """A broken file is named, its content is not shown."""
    (bare / "tweetpulse.toml").write_text(f'password = "{SECRET}')
    assert fault() == "tweetpulse.toml is not TOML: mend it, or move it away"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor JSON shows a password or a key."""
    for name in ("KAFKA__PASSWORD", "ELASTICSEARCH__PASSWORD", "ELASTICSEARCH__API_KEY", "KIBANA__PASSWORD"):
        monkeypatch.setenv(f"TWEETPULSE_{name}", SECRET)
    settings = load()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert settings.kafka.password is not None
    assert settings.kafka.password.get_secret_value() == SECRET


def test_settings_are_frozen() -> None:
    """Nobody changes them in passing."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().kafka.partitions = 8  # type: ignore[misc]
