"""Pipeline: does the stream run, keep up and lose nothing? For whoever is on call."""

from __future__ import annotations

from dashboards.grafana import config, variables
from dashboards.grafana.boards.layout import Board, Line, Row
from dashboards.grafana.boards.pipeline import alerts, archive, content, cost, flow, health, sources, store, windows


def board() -> Board:
    return Board(
        uid=config.PIPELINE,
        title="Tweets: pipeline",
        description="Does the stream run, keep up and lose nothing? For whoever is on call.",
        tag="operations",
        rows=[
            Row("Does it work right now?", [Line(5, list(zip((5, 5, 5, 5, 4), health.panels(), strict=True)))]),
            Row("What fires, and since when?", [Line(7, alerts.panels())]),
            Row("Does it keep up?", [Line(9, [(12, panel) for panel in flow.keeping_up()])]),
            Row("Is anything lost, or late?", [Line(9, [(8, panel) for panel in flow.losses()])]),
            Row(
                "Is Elasticsearch the brake?",
                [
                    Line(9, [(12, store.bulk()), (6, store.retries()), (6, store.refused())]),
                    Line(5, [(20, store.waiting()), (4, store.alias())]),
                ],
                collapsed=True,
            ),
            Row(
                "Do the sources deliver?",
                [Line(9, [(6, panel) for panel in sources.what_comes()]), Line(7, sources.state())],
                collapsed=True,
            ),
            Row(
                "Is the long series whole and up to date?",
                [
                    Line(8, [(8, panel) for panel in windows.what_counts()]),
                    Line(8, [(6, panel) for panel in windows.state()]),
                    Line(4, [(24, windows.waiting())]),
                ],
                collapsed=True,
            ),
            Row(
                "Is every record in the archive?",
                [
                    Line(8, [(8, panel) for panel in archive.what_is_kept()]),
                    Line(8, [(8, panel) for panel in archive.commits()]),
                    Line(5, [(24, archive.waiting())]),
                ],
                collapsed=True,
            ),
            Row(
                "What does a batch spend its time on?",
                [Line(8, [(8, flow.batches()), (8, cost.phases()), (8, cost.scoring())])],
                collapsed=True,
            ),
            Row("What is it that comes in?", [Line(8, [(8, panel) for panel in content.panels()])], collapsed=True),
            Row(
                "Which partition, how much store, what does it cost?",
                [
                    Line(8, [(8, cost.partitions()), (8, store.size()), (8, store.documents())]),
                    Line(8, [(8, store.disk()), (8, cost.memory()), (8, cost.exporter())]),
                ],
                collapsed=True,
            ),
        ],
        variables=[
            variables.PROMETHEUS,
            variables.label_values("job", "Job", 'label_values(up{job=~"tweetpulse.*"}, job)'),
            variables.label_values("instance", "Instance", 'label_values(up{job=~"$job"}, instance)'),
        ],
        annotations=[
            variables.mark(
                "Alerts",
                config.BAD,
                'ALERTS{alertname=~"Tweetpulse.*",alertstate="firing"}',
                "{{alertname}}",
                "{{severity}}",
            ),
            variables.mark(
                "Restarts",
                config.EVENT,
                'process_start_time_seconds{job=~"$job",instance=~"$instance"} * 1000',
                "restart",
                "{{job}} {{instance}}",
                use_value_for_time=True,
            ),
        ],
        since="now-3h",
        refresh="30s",
    )
