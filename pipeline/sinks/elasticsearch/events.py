"""Events that boards draw over their curves: restarts, replays, promotions, and campaigns that people note down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from elasticsearch import ConflictError, Elasticsearch, NotFoundError

from pipeline.domain.document import ECS_VERSION, EVENTS, Document, data_stream, present, stream_fields
from pipeline.domain.identity import content_id
from pipeline.errors import SetupError


def record_event(
    client: Elasticsearch,
    namespace: str,
    action: str,
    message: str,
    *,
    at: datetime | None = None,
    end: datetime | None = None,
    entities: Sequence[str] = (),
    tags: Sequence[str] = (),
    now: datetime | None = None,
) -> bool:
    """Write an event to `logs-tweets.events-<namespace>`, once: the same event again is already there.

    Two events are the same if all that is said of them is. So whatever may be repeated after a failure should say
    when it happened.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        namespace: of the data streams.
        action: `event.action`: what kind of event it is (`annotate`, `replay`, `restart`, `promote`).
        message: what a person reads on a board.
        at: when it began; now, if it is not said.
        end: when it ended, if it took a while.
        entities: the tracked brands that it is about.
        tags: whatever boards may filter by.
        now: the time of writing.

    Returns:
        Whether it was written; False if it was there already.

    Raises:
        SetupError: the data stream is not there.
    """
    written = now or datetime.now(UTC)
    document = event_document(namespace, action, message, at or written, end, entities, tags, written)
    stream, event_id = data_stream(EVENTS, namespace), document["event"]["id"]
    try:
        # A conflict is found in the newest backing index only.
        if client.count(index=stream, query={"ids": {"values": [event_id]}})["count"]:
            return False
        client.create(index=stream, id=event_id, document=document, require_data_stream=True, refresh="wait_for")
    except ConflictError:
        return False
    except NotFoundError:
        raise SetupError(f"the data stream {stream} is not there: make it with `tweetpulse setup`") from None
    return True


def event_document(
    namespace: str,
    action: str,
    message: str,
    at: datetime,
    end: datetime | None,
    entities: Sequence[str],
    tags: Sequence[str],
    ingested: datetime,
) -> Document:
    """The document of an event; its `event.id`, also its `_id`, is made of everything but the time of writing."""
    times = [at.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat() if end else ""]
    return {
        "@timestamp": at,
        "message": message,
        "event": present(
            {
                # Sorted, since their order says nothing; the empty string separates entities from tags.
                "id": content_id("event", action, message, *times, *sorted(entities), "", *sorted(tags)),
                "kind": "event",
                "action": action,
                "dataset": EVENTS,
                "end": end,
                "ingested": ingested,
            }
        ),
        **({"tweet": {"entity": list(entities)}} if entities else {}),
        "tags": list(tags),
        "data_stream": stream_fields(EVENTS, namespace),
        "ecs": {"version": ECS_VERSION},
    }
