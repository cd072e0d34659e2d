"""Questions to Prometheus. In an expression, `$scope` stands for the job and instance chosen on the board."""

from __future__ import annotations

from textwrap import dedent

from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.common import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
SCOPE = 'job=~"$job",instance=~"$instance"'


def over_time(expression: str, legend: str, ref: str = "A") -> prometheus.Dataquery:
    """A line per series."""
    return _query(expression, legend, ref, prometheus.PromQueryFormat.TIME_SERIES, instant=False)


def now(expression: str, legend: str, ref: str = "A") -> prometheus.Dataquery:
    """One value per series."""
    return _query(expression, legend, ref, prometheus.PromQueryFormat.TIME_SERIES, instant=True)


def as_table(expression: str) -> prometheus.Dataquery:
    """A row per series, a column per label; the value's column is called Value."""
    return _query(expression, "", "A", prometheus.PromQueryFormat.TABLE, instant=True)


def heat(expression: str) -> prometheus.Dataquery:
    """A histogram's buckets over time."""
    return _query(expression, "{{le}}", "A", prometheus.PromQueryFormat.HEATMAP, instant=False)


def quantiles(histogram: str, by: str = "") -> list[prometheus.Dataquery]:
    """Median, 95 % and 99 % of a histogram; `by` narrows it to some series (`query="score"`)."""
    wanted = {"median": 0.5, "95 %": 0.95, "99 %": 0.99}
    selector = ", ".join(filter(None, ("$scope", by)))
    return [
        over_time(
            f"histogram_quantile({q}, sum by (le) (rate({histogram}_bucket{{{selector}}}[$__rate_interval])))",
            name,
            ref,
        )
        for ref, (name, q) in zip("ABC", wanted.items(), strict=True)
    ]


def _query(
    expression: str, legend: str, ref: str, form: prometheus.PromQueryFormat, *, instant: bool
) -> prometheus.Dataquery:
    return prometheus.Dataquery(
        ref_id=ref,
        datasource=SOURCE,
        editor_mode=prometheus.QueryEditorMode.CODE,
        expr=dedent(expression).strip().replace("$scope", SCOPE),
        legend_format=legend,
        format_val=form,
        instant=instant,
        range_val=not instant,
    )
