"""Models: which versions score, can they still be trusted, and where do they err? For whoever owns the models."""

from __future__ import annotations

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.boards.models import cost, differences, drift, trust


def board() -> Board:
    return Board(
        uid=config.MODELS,
        title="Tweets: models",
        description="Which trained models score the tweets, can they still be trusted, and where do they err? Empty "
        "until one is promoted: tweetpulse train, then tweetpulse models promote (docs/models.md).",
        tag="models",
        rows=[
            Row("Which models are in use, and how good were they?", [Line(6, trust.panels())]),
            Row(
                "Sentiment: can its model still be trusted?",
                [Line(9, [(3, trust.drift()), (3, trust.confidence()), *((6, panel) for panel in drift.panels())])],
            ),
            Row(
                "Complaints and their reasons: what do their models find?",
                [Line(8, [(8, cost.complaint_rate()), (8, drift.sure_of_complaints()), (8, cost.complaints())])],
            ),
            Row(
                "Sentiment: where do VADER and the model differ?",
                [
                    Line(8, [(9, differences.matrix()), (9, differences.by_entity()), (6, differences.agreement())]),
                    Line(12, [(24, differences.opposite())]),
                ],
                collapsed=True,
            ),
            Row(
                "What does scoring cost, what is found, and does the champion load?",
                [
                    Line(8, [(12, cost.scoring()), (12, cost.predictions())]),
                    Line(6, [(12, cost.loads()), (12, cost.load_errors())]),
                ],
                collapsed=True,
            ),
        ],
        variables=[
            variables.PROMETHEUS,
            variables.TWEETS_BESIDES,
            variables.label_values("job", "Job", 'label_values(up{job=~"tweetpulse.*"}, job)'),
            variables.label_values("instance", "Instance", 'label_values(up{job=~"$job"}, instance)'),
            variables.label_values(
                "task", "Task", 'label_values(tweetpulse_model_info{job=~"$job",instance=~"$instance"}, task)'
            ),
            variables.retweets(),
            variables.filters(variables.SECOND),
        ],
        annotations=[
            # The decision, with who took it; and the moment at which a stream took it up.
            variables.events("Promotions", " AND event.action:model*"),
            variables.mark(
                "In use",
                config.VOLUME,
                f"({_INFO} unless {_INFO} offset 2m) and on (task) {_INFO} offset 2m",
                "{{task}} {{version}}",
                "the stream scores with it from here on",
            ),
        ],
        since="now-24h",
        refresh="1m",
    )


_INFO = 'tweetpulse_model_info{job=~"$job",instance=~"$instance",task=~"$task"}'
"""The `and` with what was there before keeps a start of the stream from looking like a promotion."""
