"""The search that Grafana's Elasticsearch data source sends for a target: range, query, buckets inside buckets."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

DOCUMENTS = {"raw_data": "size", "logs": "limit"}


def search_of(target: Json, start: int, end: int, interval: str = "5m") -> Json:
    """The body of the search.

    Args:
        target: Grafana's query model, its variables replaced.
        start: milliseconds of the epoch.
        end: milliseconds of the epoch.
        interval: what `auto` stands for.
    """
    field = target.get("timeField", "@timestamp")
    span = {"range": {field: {"gte": start, "lte": end, "format": "epoch_millis"}}}
    body: Json = {"query": {"bool": {"filter": [span, _lucene(target.get("query") or "*")]}}}
    first = target["metrics"][0]
    if first["type"] in DOCUMENTS:
        order = [{field: {"order": "desc", "unmapped_type": "boolean"}}, {"_doc": {"order": "desc"}}]
        return body | {"size": int(first["settings"][DOCUMENTS[first["type"]]]), "sort": order}
    return body | {"size": 0, "aggs": _buckets(target["bucketAggs"], target["metrics"], (start, end), interval)}


def _buckets(buckets: list[Json], metrics: list[Json], bounds: tuple[int, int], interval: str) -> Json:
    if not buckets:
        return {metric["id"]: {metric["type"]: _metric(metric)} for metric in metrics if metric["type"] != "count"}
    first, *rest = buckets
    inner = _buckets(rest, metrics, bounds, interval)
    bucket = {first["type"]: _bucket(first, bounds, interval)}
    return {first["id"]: bucket | ({"aggs": inner} if inner else {})}


def _metric(metric: Json) -> Json:
    percents = metric.get("settings", {}).get("percents")
    return {"field": metric["field"]} | ({"percents": [float(percent) for percent in percents]} if percents else {})


def _bucket(bucket: Json, bounds: tuple[int, int], interval: str) -> Json:
    settings = bucket.get("settings", {})
    if bucket["type"] == "filters":
        return {"filters": {f["label"] or f["query"]: _lucene(f["query"]) for f in settings["filters"]}}
    least = {"min_doc_count": int(settings["min_doc_count"])} if "min_doc_count" in settings else {}
    return {"field": bucket["field"], **least, **_own(bucket["type"], settings, bounds, interval)}


def _own(kind: str, settings: Json, bounds: tuple[int, int], interval: str) -> Json:
    match kind:
        case "date_histogram":
            fixed = interval if settings["interval"] == "auto" else settings["interval"]
            extent = {"min": bounds[0], "max": bounds[1]}
            return {"fixed_interval": fixed, "extended_bounds": extent, "format": "epoch_millis"}
        case "terms":
            order = {"order": {settings["orderBy"]: settings["order"]}} if "orderBy" in settings else {}
            return {"size": int(settings["size"]), **order}
        case "histogram":
            return {"interval": float(settings["interval"])}
        case "geohash_grid":
            return {"precision": int(settings["precision"])}
    raise ValueError(f"no such bucket: {kind}")


def _lucene(query: str) -> Json:
    return {"query_string": {"analyze_wildcard": True, "query": query}}
