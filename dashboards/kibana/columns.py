"""Columns of a Lens panel: each as Lens keeps it, and as the aggregation that answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dashboards.kibana.conditions import Condition, Json, kuery
from dashboards.kibana.data_views import TIME

Operation = Literal["count", "average", "max", "unique_count", "terms", "date_histogram"]
_DOCUMENTS = "___records___"
_AGGREGATIONS = {"average": "avg", "max": "max", "unique_count": "cardinality"}


@dataclass(frozen=True)
class Column:
    """One column. A metric with a condition counts only what fulfils it; `by` orders the terms."""

    id: str
    label: str
    operation: Operation
    of: str = _DOCUMENTS
    condition: Condition | None = None
    data_type: Literal["number", "string", "date"] = "number"
    params: Json = field(default_factory=dict, hash=False)

    @property
    def is_bucketed(self) -> bool:
        """True if it splits documents rather than measuring them."""
        return self.operation in ("terms", "date_histogram")

    def lens(self) -> Json:
        """As it stands in `datasourceStates.formBased.layers.*.columns`."""
        scale = {"terms": "ordinal", "date_histogram": "interval"}.get(self.operation, "ratio")
        column: Json = {
            "label": self.label,
            "customLabel": True,
            "dataType": self.data_type,
            "operationType": self.operation,
            "isBucketed": self.is_bucketed,
            "scale": scale,
            "sourceField": self.of,
            "params": self.params,
        }
        return column | ({"filter": kuery(self.condition)} if self.condition else {})

    def aggregation(self, inner: Json) -> Json:
        """The aggregation for it; `inner` goes into each bucket."""
        if self.operation == "terms":
            order = self.params["orderBy"]["columnId"]
            direction = self.params["orderDirection"]
            body = {"field": self.of, "size": self.params["size"]}
            body["order"] = {"_count" if order == COUNT.id else order: direction}
            return {"terms": body, "aggs": inner}
        if self.operation == "date_histogram":
            return {"date_histogram": {"field": self.of, "fixed_interval": "30s"}, "aggs": inner}
        measure = {} if self.operation == "count" else {"value": {_AGGREGATIONS[self.operation]: {"field": self.of}}}
        if self.condition:
            return {"filter": self.condition.query(), "aggs": measure}
        return measure.get("value", {"value_count": {"field": TIME}})


COUNT = Column("count", "Tweets", "count", params={"emptyAsNull": False})


def count(id_: str, label: str, condition: Condition | None = None) -> Column:
    """The number of documents, or of those that fulfil a condition."""
    return Column(id_, label, "count", condition=condition, params={"emptyAsNull": False})


def measure(id_: str, label: str, operation: Literal["average", "max", "unique_count"], of: str) -> Column:
    """A number over all documents of a bucket."""
    return Column(id_, label, operation, of, data_type="date" if of == TIME else "number", params={"emptyAsNull": True})


def terms(id_: str, label: str, of: str, size: int, data_type: Literal["string", "number"] = "string") -> Column:
    """The most frequent values of a field, most frequent first. The panel needs the column `COUNT`'s id."""
    params = {
        "size": size,
        "orderBy": {"type": "column", "columnId": COUNT.id},
        "orderDirection": "desc",
        "otherBucket": False,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    return Column(id_, label, "terms", of, data_type=data_type, params=params)


def over_time() -> Column:
    """Intervals that Kibana chooses by the width of the panel."""
    params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    return Column("time", "Time", "date_histogram", TIME, data_type="date", params=params)
