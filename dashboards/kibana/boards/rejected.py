"""Which records were no tweets, and why?"""

from __future__ import annotations

from dashboards.kibana.board import REJECTED_RECORDS as ID
from dashboards.kibana.board import TITLES, Board, Row
from dashboards.kibana.columns import count, newest, over_time, terms
from dashboards.kibana.data_views import REJECTED
from dashboards.kibana.panels import LensPanel, bars, chart, metric, table
from dashboards.kibana.saved_searches import REJECTED_RECORDS

_COUNT = count("count", "Records")
_REASON = terms("reason", "Reason", "error.type", 10)


def _total() -> LensPanel:
    column = count("count", "Rejected records")
    return metric("Rejected", "Records that were no tweets.", REJECTED, column, under="were no tweets", history=True)


def _newest() -> LensPanel:
    column = newest("newest", "Newest rejection")
    return metric("Newest rejection", "When it was indexed.", REJECTED, column, under="when it was indexed")


def _over_time() -> LensPanel:
    return chart(
        "Rejected over time",
        "By reason. A step that stays is a producer that changed its format.",
        REJECTED,
        over_time(),
        (_COUNT,),
        split=_REASON,
        series="bar_stacked",
        colors={},
    )


def _where() -> LensPanel:
    topic = terms("topic", "Topic", "kafka.topic", 5)
    partition = terms("partition", "Partition", "kafka.partition", 20, "number")
    return table(
        "Where they lie", "All in one partition: one producer's key.", REJECTED, (topic, partition), ((_COUNT, 90),)
    )


BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="Records that the stream could not decode, or that Elasticsearch refused: reason, place, content.",
    about=(
        "Which records were no tweets, and why? The original bytes are in the Kafka topic of rejected records; "
        "`tweetpulse rejected replay` sends them again after a fix."
    ),
    view=REJECTED,
    time_from="now-24h",
    refresh_seconds=60,
    rows=(
        Row(6, ((24, _total()), (24, _newest()))),
        Row(
            12,
            (
                (24, _over_time()),
                (12, bars("Reasons", "The most frequent.", REJECTED, _REASON, _COUNT)),
                (12, _where()),
            ),
        ),
        Row(20, ((48, REJECTED_RECORDS.panel()),)),
    ),
)
