"""Columns of a Lens panel: each as Lens keeps it, and as the aggregation that answers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from dashboards.kibana.conditions import Condition, Json, kuery
from dashboards.kibana.data_views import TIME

Operation = Literal["count", "average", "max", "unique_count", "terms", "date_histogram"]
_DOCUMENTS = "___records___"
_AGGREGATIONS = {"average": "avg", "max": "max", "unique_count": "cardinality"}
_BEFORE = "previous"
"""Lens's word for the period of the same length that ends where the chosen one begins."""
_PERCENT = {"format": {"id": "percent", "params": {"decimals": 1}}}
_TWO_DECIMALS = {"format": {"id": "number", "params": {"decimals": 2}}}


@dataclass(frozen=True)
class Column:
    """One column. A metric with a condition counts only what fulfils it; `before` is that of the period before."""

    id: str
    label: str
    operation: Operation
    of: str = _DOCUMENTS
    condition: Condition | None = None
    data_type: Literal["number", "string", "date"] = "number"
    params: Json = field(default_factory=dict, hash=False)
    before: bool = False

    @property
    def is_bucketed(self) -> bool:
        """True if it splits documents rather than measuring them."""
        return self.operation in ("terms", "date_histogram")

    def lens(self) -> dict[str, Json]:
        """As it stands in `datasourceStates.formBased.layers.*.columns`, by its id."""
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
        if self.condition:
            column["filter"] = kuery(self.condition)
        return {self.id: column | ({"timeShift": _BEFORE} if self.before else {})}

    def aggregations(self, inner: Json) -> Json:
        """The aggregation for it, by its id; `inner` goes into each bucket."""
        return {self.id: self._aggregation(inner)}

    def _aggregation(self, inner: Json) -> Json:
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


@dataclass(frozen=True)
class Share:
    """A formula: one count divided by another, in per cent."""

    id: str
    label: str
    part: Condition
    whole: Condition
    before: bool = False

    is_bucketed = False

    def lens(self) -> dict[str, Json]:
        """With the two counts and the division, which Lens keeps as hidden columns of the formula."""
        ids = [column.id for column in self._counts()]
        divided = {"type": "function", "name": "divide", "args": ids, "location": {"min": 0, "max": len(self._text())}}
        # Lens itself names the hidden columns of a formula X0, X1 and so on.
        quotient = f"{self.id}X2"
        hidden: dict[str, Json] = {}
        for column in self._counts():
            hidden |= column.lens()
        hidden[quotient] = self._column("math", ids, {"tinymathAst": divided | {"text": self._text()}})
        shown = {"formula": self._text(), "isFormulaBroken": False} | _PERCENT
        return hidden | {self.id: self._column("formula", [quotient], shown)}

    def aggregations(self, _inner: Json) -> Json:
        """Those of its two counts."""
        part, whole = self._counts()
        return part.aggregations({}) | whole.aggregations({})

    def _counts(self) -> tuple[Column, Column]:
        label = f"Part of {self.label}"
        part, whole = (count(f"{self.id}X{i}", label, of) for i, of in enumerate((self.part, self.whole)))
        return replace(part, before=self.before), replace(whole, before=self.before)

    def _column(self, operation: str, references: list[str], params: Json) -> Json:
        return {
            "label": self.label,
            "customLabel": True,
            "dataType": "number",
            "operationType": operation,
            "isBucketed": False,
            "scale": "ratio",
            "references": references,
            "params": params,
        }

    def _text(self) -> str:
        shift = f", shift='{_BEFORE}'" if self.before else ""
        return " / ".join(f"count(kql='{condition.kql()}'{shift})" for condition in (self.part, self.whole))


AnyColumn = Column | Share

COUNT = Column("count", "Tweets", "count", params={"emptyAsNull": False})


def count(id_: str, label: str, condition: Condition | None = None) -> Column:
    """The number of documents, or of those that fulfil a condition."""
    return Column(id_, label, "count", condition=condition, params={"emptyAsNull": False})


def measure(id_: str, label: str, operation: Literal["average", "max", "unique_count"], of: str) -> Column:
    """A number over all documents of a bucket. An average has two decimals, whatever the field's format."""
    params = {"emptyAsNull": True} | (_TWO_DECIMALS if operation == "average" else {})
    return Column(id_, label, operation, of, params=params)


def newest(id_: str, label: str) -> Column:
    """When the newest document arrived. Its data view says it as "11 seconds ago"."""
    return Column(id_, label, "max", "event.ingested", data_type="date", params={"emptyAsNull": True})


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


def before(column: AnyColumn) -> AnyColumn:
    """The same of the period before."""
    return replace(column, id=f"{column.id}_before", label=f"{column.label}, before", before=True)


def behind(column: AnyColumn) -> AnyColumn:
    """The same for the line behind a number, which is a layer of its own."""
    return replace(column, id=f"{column.id}_line")
