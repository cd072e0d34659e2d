"""Entities are counted as documents have them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from rich.console import Console

from pipeline.cli.demo_summary import entity_table
from pipeline.domain.document import SCORED, data_stream
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.client import connect
from pipeline.sinks.elasticsearch.setup import set_up
from pipeline.sinks.elasticsearch.tally import Tally, tallies

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def document(number: int, entities: list[str], label: str, ingested: datetime) -> dict[str, object]:
    """The fields of a scored tweet that a tally reads."""
    return {
        "@timestamp": datetime.now(UTC).isoformat(),
        "event": {"id": f"x:{number}", "ingested": ingested.isoformat()},
        "tweet": {"entity": entities, "sentiment": {"label": label}},
    }


def test_entities_are_those_of_the_documents(settings: Settings) -> None:
    """Tracked or not; only since the start, the largest first, and the rest as one number."""
    stream = data_stream(SCORED, settings.elasticsearch.namespace)
    told = [
        (["Delta"], "negative"),
        (["Delta"], "positive"),
        (["Delta", "United"], "unsupported"),
        (["US\x1b[2J"], "neutral"),
    ]
    with closing(connect(settings.elasticsearch)) as client:
        set_up(client, settings.elasticsearch)
        for number, (entities, label) in enumerate([*told, (["United"], "negative"), ([], "neutral")]):
            client.create(index=stream, id=f"x:{number}", document=document(number, entities, label, NOW))
        client.create(index=stream, id="old", document=document(99, ["Delta"], "negative", NOW - timedelta(hours=1)))
        client.indices.refresh(index=stream)
        found, others = tallies(client, stream, NOW, 2)
    assert (found, others) == ([Tally("Delta", 3, 1, 2), Tally("United", 2, 1, 1)], 1)


def test_a_name_does_not_move_the_cursor() -> None:
    """An entity's name from a file is shown, but neither the terminal nor markup interprets it."""
    with (console := Console(width=80)).capture() as shown:
        console.print(entity_table([Tally("a\x1b[2Jb", 2, 1, 2), Tally("[red]c", 1, 0, 0)], 3))
    assert [line.split() for line in shown.get().splitlines()] == [
        ["entity", "tweets", "negative"],
        ["a\\x1b[2Jb", "2", "50%"],
        ["[red]c", "1", "0%"],
        ["others", "3"],
    ]
