import sys
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, SourceError
from pipeline.sources.load import load_source
from pipeline.sources.pacing import Clock
from pipeline.sources.source import Unreadable
from pipeline.telemetry.sources import LiveEvents, SourceMetrics

MODULE = """
from pipeline.domain.tweet import Tweet
from pipeline.sources.source import Unreadable
class Plain:
    name = "plain"
    def __iter__(self):
        yield Tweet(id="p:1", text="a", source="else")
        yield Unreadable(b"?", "line 2", "not JSON")
class Full(Plain):
    name = "full"
    def __init__(self, events):
        self.events, self.told, self.closed = events, [], False
    def acknowledged(self, tweets):
        self.told += tweets
    def close(self):
        self.closed = True
class Wrong(Plain):
    name = "wrong"
    def __iter__(self):
        yield {"text": "secret"}
class Breaks(Plain):
    name = "breaks"
    def __iter__(self):
        raise ValueError("secret")
        yield
class Nameless:
    def __iter__(self):
        return iter(())
class BadName(Plain):
    name = "Not A Label"
class Needs(Plain):
    def __init__(self, key): ...
class NoSource:
    name = "none"
value = 7
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    """A module in the current folder, under a name that no other test has imported."""
    name = f"own_{abs(hash(tmp_path)):x}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"{name}_broken.py").write_text("import no_such_thing")
    (tmp_path / f"{name}_raises.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield name
    for loaded in [loaded for loaded in sys.modules if loaded.startswith(name)]:
        del sys.modules[loaded]


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def events(registry):
    return LiveEvents(SourceMetrics(registry, ["plain"]), "plain")


def test_a_plain_class_is_enough(module, events, registry):
    """A name and an iterator; its tweets say that they are from it, and that it is connected is said for it."""
    name, make = load_source(f"{module}:Plain")
    source: Any = make(events, Clock())
    assert (name, source.name) == ("plain", "plain")
    assert list(source) == [Tweet(id="p:1", text="a", source="plain"), Unreadable(b"?", "line 2", "not JSON")]
    assert registry.get_sample_value("tweetpulse_source_connected", {"source": "plain"}) == 1
    source.acknowledged([])
    source.close()


def test_a_class_that_wants_more_gets_it(module, events, registry):
    """Events, what Kafka has, and the end; it says itself when it is connected."""
    source: Any = load_source(f"{module}:Full")[1](events, Clock())
    assert source._source.events is events
    source.acknowledged([1])
    source.close()
    assert (source._source.told, source._source.closed) == ([1], True)
    assert registry.get_sample_value("tweetpulse_source_connected", {"source": "plain"}) == 0


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{}", "is not module:Class"),
        (":Plain", "is not module:Class"),
        ("{}:a b", "is not module:Class"),
        ("no_such_module:Plain", "there is no module no_such_module"),
        ("{}_broken:Plain", "there is no module no_such_thing"),
        ("{}_raises:Plain", "can't be imported (ZeroDivisionError)"),
        ("{}:Gone", "there is no Gone in"),
        ("{}:NoSource", "is no source: it needs `__iter__`"),
        ("{}:value", "is no source"),
        ("{}:Nameless", ".name is to be a label"),
        ("{}:BadName", ".name is to be a label"),
    ],
)
def test_what_is_no_source_is_said_in_one_line(module, spec, said):
    """By what is missing, before anything is started."""
    with pytest.raises(ConfigError) as error:
        load_source(spec.format(module))
    assert said in error.value.message
    assert "\n" not in error.value.message


def test_a_class_that_needs_arguments_is_refused(module, events):
    """A source takes none, or what the runtime has for it."""
    with pytest.raises(ConfigError, match="a source takes `events`, `clock` or nothing"):
        load_source(f"{module}:Needs")[1](events, Clock())


@pytest.mark.parametrize(("name", "said"), [("Wrong", "yields a dict"), ("Breaks", "failed with ValueError")])
def test_a_source_that_fails_ends_it_without_its_content(module, events, name, said):
    """What it raises or yields may quote a tweet, so only its kind is told."""
    source: Any = load_source(f"{module}:{name}")[1](events, Clock())
    with pytest.raises(SourceError, match=said) as error:
        list(source)
    assert "secret" not in error.value.message
