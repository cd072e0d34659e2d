"""Asks Elasticsearch for the figures of a period."""

from __future__ import annotations

from pipeline.domain.document import REJECTED, SCORED, data_stream
from pipeline.errors import SetupError
from pipeline.report import queries
from pipeline.report.figures import Answer, Figures, Indexed, figures
from pipeline.report.period import Period
from pipeline.sinks.elasticsearch.client import Elasticsearch, NotFoundError


def gather(client: Elasticsearch, namespace: str, period: Period, entity: str | None = None) -> Figures:
    """The figures of a period.

    Args:
        client: errors are to be mapped by whoever brings it (`elasticsearch_errors`).
        namespace: of the data streams.
        period: which one.
        entity: only tweets about it; rejected records are about nothing, and are counted all.

    Raises:
        SetupError: a data stream is not there.
    """
    scored, rejected = data_stream(SCORED, namespace), data_stream(REJECTED, namespace)
    return figures(
        period,
        entity,
        tweets=_search(client, scored, queries.tweets(period, entity)),
        newest=_search(client, scored, queries.newest_negative(period, entity)),
        rejected=_search(client, rejected, queries.rejected(period)),
        indexed=Indexed(*(_count(client, stream, queries.indexed(period)) for stream in (scored, rejected))),
    )


def _search(client: Elasticsearch, stream: str, body: queries.Body) -> Answer:
    try:
        # The part that is left where a shard fails would look like the whole.
        answer: Answer = client.search(index=stream, allow_partial_search_results=False, **body).body
    except NotFoundError:
        raise SetupError(f"the data stream {stream} is not there: make it with `tweetpulse setup`") from None
    return answer


def _count(client: Elasticsearch, stream: str, query: queries.Body) -> int:
    return int(client.count(index=stream, query=query)["count"])
