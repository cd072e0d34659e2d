"""Questions to Elasticsearch: Lucene for which tweets, buckets and metrics for what of them.

Panels draw what comes back by the order of buckets, so a time bucket is always last.
"""

from __future__ import annotations

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import elasticsearch as es
from grafana_foundation_sdk.models import expr
from grafana_foundation_sdk.models.common import DataSourceRef

SOURCE = DataSourceRef(type_val="elasticsearch", uid="${datasource}")
EXPRESSION = DataSourceRef(type_val="__expr__", uid="__expr__")

ALL = "${retweets:raw}"
"""Tweets of the time range. Which kinds count is the board's choice; by default retweets do not."""
SCORED = f"{ALL} AND NOT tweet.sentiment.label:unsupported"
"""Those that a scorer has judged: the whole of every share."""
NEGATIVE = f"{ALL} AND tweet.sentiment.label:negative"
PLACES = "${places:raw}"
"""Which places count, on a map."""
THIS = ' AND tweet.entity:"$entity"'
OTHERS = ' AND NOT tweet.entity:"$entity"'

LABEL = "tweet.sentiment.label"
SCORE = "tweet.sentiment.compound"

Bucket = es.Terms | es.DateHistogram | es.Histogram | es.Filters | es.GeoHashGrid
Metric = es.Count | es.Sum | es.Average | es.Max | es.UniqueCount | es.RawData | es.Percentiles


def ask(
    query: str,
    *buckets: Bucket,
    ref: str = "A",
    metrics: tuple[Metric, ...] = (),
    alias: str | None = None,
    hide: bool | None = None,
) -> es.Dataquery:
    """A query; it counts documents unless `metrics` says otherwise."""
    return es.Dataquery(
        ref_id=ref,
        datasource=SOURCE,
        query=query,
        time_field="@timestamp",
        alias=alias,
        bucket_aggs=list(buckets),
        metrics=list(metrics or (count(),)),
        hide=hide,
    )


def newest(query: str, most: int = 60) -> es.Dataquery:
    """The newest tweets themselves, each field a column."""
    return ask(query, metrics=(es.RawData(id_val="1", settings=es.ElasticsearchRawDataSettings(size=str(most))),))


def by_time(interval: str = "auto") -> es.DateHistogram:
    """A bucket per interval, empty ones too. `auto` follows the panel's `maxDataPoints`."""
    settings = es.ElasticsearchDateHistogramSettings(
        interval=interval, min_doc_count="0", trim_edges="0", time_zone="utc"
    )
    return es.DateHistogram(id_val="20", field="@timestamp", settings=settings)


def by_label(unsupported: bool = False) -> es.Terms:
    """A bucket per sentiment label. Ascending by name is the order they are always shown in."""
    return _terms(LABEL, 4 if unsupported else 3, es.TermsOrder.ASC, "_key", "11")


def by_term(field: str, most: int, ident: str = "10") -> es.Terms:
    """A bucket for each of the commonest values of a keyword field."""
    return _terms(field, most, es.TermsOrder.DESC, "_count", ident)


def by_name(field: str, most: int, ident: str = "10") -> es.Terms:
    """A bucket per value of a closed list, in the order of their names."""
    return _terms(field, most, es.TermsOrder.ASC, "_key", ident)


def by_cell(precision: int = 3) -> es.GeoHashGrid:
    """A bucket per cell of the map; precision 3 is about 156 km."""
    settings = es.ElasticsearchGeoHashGridSettings(precision=str(precision))
    return es.GeoHashGrid(id_val="10", field="tweet.geo.location", settings=settings)


def by_step(field: str, step: float) -> es.Histogram:
    """A bucket per step of a number."""
    settings = es.ElasticsearchHistogramSettings(interval=str(step), min_doc_count="0")
    return es.Histogram(id_val="10", field=field, settings=settings)


def as_one() -> es.Filters:
    """One bucket of everything: an exact average or maximum, which an average of buckets is not."""
    settings = es.ElasticsearchFiltersSettings(filters=[es.Filter(query="*", label="all")])
    return es.Filters(id_val="10", settings=settings)


def count() -> es.Count:
    return es.Count(id_val="1")


def average(field: str, ident: str = "1") -> es.Average:
    return es.Average(id_val=ident, field=field)


def largest(field: str) -> es.Max:
    return es.Max(id_val="1", field=field)


def distinct(field: str, ident: str = "1") -> es.UniqueCount:
    """The approximate number of distinct values (HyperLogLog)."""
    return es.UniqueCount(id_val=ident, field=field)


def percentiles(field: str, *percents: int) -> es.Percentiles:
    """Series `p50.0 <field>`, one per percentile (approximate, by t-digest)."""
    settings = es.ElasticsearchPercentilesSettings(percents=[str(percent) for percent in percents])
    return es.Percentiles(id_val="1", field=field, settings=settings)


def total(ref: str, of: str) -> expr.TypeReduce:
    """One number: the sum over all intervals of another query."""
    # An interval without a number would make the whole sum NaN.
    settings = expr.ExprTypeReduceSettings(mode="dropNN")
    return expr.TypeReduce(
        ref_id=ref, datasource=EXPRESSION, expression=of, reducer="sum", settings=settings, hide=True
    )


def math(ref: str, expression: str) -> expr.TypeMath:
    return expr.TypeMath(ref_id=ref, datasource=EXPRESSION, expression=expression, hide=False)


def sums(**queries: str) -> list[Dataquery]:
    """`sums(A="…", B="…")` makes the numbers `$A` and `$B` for `math` to work with; nothing of them is drawn.

    The queries behind them have the letters from N on: the sum of N is A.
    """
    behind = {name: chr(ord(name) + 13) for name in queries}
    counted: list[Dataquery] = [ask(query, by_time(), ref=behind[name], hide=True) for name, query in queries.items()]
    return counted + [total(name, behind[name]) for name in queries]


def share(part: str, whole: str) -> list[Dataquery]:
    """One number: the share of `part` in `whole`; NaN, shown as "no data", where the whole is empty."""
    return [*sums(A=part, B=whole), math("E", "$A / $B")]


def _terms(field: str, most: int, order: es.TermsOrder, by: str, ident: str) -> es.Terms:
    settings = es.ElasticsearchTermsSettings(size=str(most), order=order, order_by=by, min_doc_count="1")
    return es.Terms(id_val=ident, field=field, settings=settings)
