"""Columns of a Lens panel: each as Lens keeps it, and as the aggregation that answers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from dashboards.kibana.conditions import Condition, Json, kuery
from dashboards.kibana.data_views import TIME

Operation = Literal["count", "sum", "average", "min", "max", "unique_count", "terms", "date_histogram"]
_DOCUMENTS = "___records___"
_AGGREGATIONS = {"sum": "sum", "average": "avg", "min": "min", "max": "max", "unique_count": "cardinality"}
_RANK = "rank"
_BEFORE = "previous"
"""Lens's word for the period of the same length that ends where the chosen one begins."""
_PERCENT = {"format": {"id": "percent", "params": {"decimals": 1}}}
_WHOLE = {"format": {"id": "number", "params": {"decimals": 0}}}
_TWO_DECIMALS = {"format": {"id": "number", "params": {"decimals": 2}}}


@dataclass(frozen=True)
class Column:
    """One column. A metric with a condition counts only what fulfils it; `shift` is how much earlier, as Lens has it.

    Terms may have a `rank`: the number by which they are ordered, which is not shown.
    """

    id: str
    label: str
    operation: Operation
    of: str = _DOCUMENTS
    condition: Condition | None = None
    data_type: Literal["number", "string", "date"] = "number"
    params: Json = field(default_factory=dict, hash=False)
    shift: str = ""
    rank: Column | None = None

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
        if self.rank:
            (order,) = self.rank.lens().values()
            column["params"] = self.params | {"orderBy": {"type": "custom"}, "orderAgg": order}
        return {self.id: column | ({"timeShift": self.shift} if self.shift else {})}

    def aggregations(self, inner: Json) -> Json:
        """The aggregation for it, by its id; `inner` goes into each bucket."""
        return {self.id: self._aggregation(inner)}

    def _aggregation(self, inner: Json) -> Json:
        if self.rank:
            order = {_RANK: self.params["orderDirection"]}
            ranked = inner | {_RANK: self.rank.aggregations({})[self.rank.id]}
            return {"terms": {"field": self.of, "size": self.params["size"], "order": order}, "aggs": ranked}
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
    """A formula: one number divided by another, in per cent. `parts` and `wholes` are as those of a `Total`."""

    id: str
    label: str
    parts: tuple[Column, ...]
    wholes: tuple[Column, ...]
    shift: str = ""

    is_bucketed = False

    def lens(self) -> dict[str, Json]:
        """With the numbers and the division, which Lens keeps as hidden columns of the formula."""
        leaves = self._leaves()
        part, whole = leaves[: len(self.parts)], leaves[len(self.parts) :]
        divided = _function("divide", [_first(part), _first(whole)])
        return _formula(self, leaves, divided, " / ".join(map(_text, (part, whole))), _PERCENT)

    def aggregations(self, _inner: Json) -> Json:
        """Those of its numbers."""
        return _of_all(self._leaves())

    def _leaves(self) -> list[Column]:
        return _hidden(self, (*self.parts, *self.wholes))


@dataclass(frozen=True)
class Total:
    """A formula: the first of these numbers that is there. A number is not there if no document counts for it."""

    id: str
    label: str
    parts: tuple[Column, ...]
    shift: str = ""

    is_bucketed = False

    def lens(self) -> dict[str, Json]:
        """With the numbers, which Lens keeps as hidden columns of the formula."""
        leaves = _hidden(self, self.parts)
        return _formula(self, leaves, _first(leaves), _text(leaves), _WHOLE)

    def aggregations(self, _inner: Json) -> Json:
        """Those of its numbers."""
        return _of_all(_hidden(self, self.parts))


Formula = Share | Total
AnyColumn = Column | Formula


def _hidden(formula: Formula, columns: tuple[Column, ...]) -> list[Column]:
    # Lens itself names the hidden columns of a formula X0, X1 and so on.
    return [
        replace(column, id=f"{formula.id}X{i}", label=f"Part of {formula.label}", shift=formula.shift)
        for i, column in enumerate(columns)
    ]


def _formula(formula: Formula, leaves: list[Column], math: Json | str, text: str, form: Json) -> dict[str, Json]:
    last = f"{formula.id}X{len(leaves)}"
    ast = math | {"location": {"min": 0, "max": len(text)}, "text": text} if isinstance(math, dict) else math
    hidden: dict[str, Json] = {}
    for column in leaves:
        hidden |= column.lens()
    hidden[last] = _referring(formula, "math", [column.id for column in leaves], {"tinymathAst": ast})
    shown = {"formula": text, "isFormulaBroken": False} | form
    return hidden | {formula.id: _referring(formula, "formula", [last], shown)}


def _referring(formula: Formula, operation: str, references: list[str], params: Json) -> Json:
    return {
        "label": formula.label,
        "customLabel": True,
        "dataType": "number",
        "operationType": operation,
        "isBucketed": False,
        "scale": "ratio",
        "references": references,
        "params": params,
    }


def _function(name: str, args: list[Json | str]) -> Json:
    return {"type": "function", "name": name, "args": args}


def _first(leaves: list[Column]) -> Json | str:
    """Lens's `defaults` takes the second where the first is missing."""
    ids: list[Json | str] = [column.id for column in leaves]
    return ids[0] if len(ids) == 1 else _function("defaults", ids)


def _text(leaves: list[Column]) -> str:
    texts = [_leaf(column) for column in leaves]
    return texts[0] if len(texts) == 1 else f"defaults({', '.join(texts)})"


def _leaf(column: Column) -> str:
    arguments = [column.of] if column.operation == "sum" else []
    arguments += [f"kql='{column.condition.kql()}'"] if column.condition else []
    arguments += [f"shift='{column.shift}'"] if column.shift else []
    return f"{column.operation}({', '.join(arguments)})"


def _of_all(columns: list[Column]) -> Json:
    asked: Json = {}
    for column in columns:
        asked |= column.aggregations({})
    return asked


COUNT = Column("count", "Tweets", "count", params={"emptyAsNull": False})


def count(id_: str, label: str, condition: Condition | None = None) -> Column:
    """The number of documents, or of those that fulfil a condition."""
    return Column(id_, label, "count", condition=condition, params={"emptyAsNull": False})


def share(id_: str, label: str, part: Condition, whole: Condition) -> Share:
    """The documents that fulfil a condition, among those that fulfil another."""
    return Share(id_, label, (count(id_, label, part),), (count(id_, label, whole),))


def total(id_: str, label: str, of: str, condition: Condition | None = None) -> Column:
    """The sum of a number over the documents of a bucket, or over those that fulfil a condition."""
    return Column(id_, label, "sum", of, condition=condition, params={"emptyAsNull": True})


def measure(id_: str, label: str, operation: Literal["average", "min", "max", "unique_count"], of: str) -> Column:
    """A number over all documents of a bucket. An average has two decimals, whatever the field's format."""
    params = {"emptyAsNull": True} | (_TWO_DECIMALS if operation == "average" else {})
    return Column(id_, label, operation, of, params=params)


def newest(id_: str, label: str) -> Column:
    """When the newest document arrived. Its data view says it as "11 seconds ago"."""
    return Column(id_, label, "max", "event.ingested", data_type="date", params={"emptyAsNull": True})


def terms(
    id_: str, label: str, of: str, size: int, data_type: Literal["string", "number"] = "string", by: str = COUNT.id
) -> Column:
    """The values of a field with the most documents, or with the most in the column `by`, which the panel needs."""
    params = {
        "size": size,
        "orderBy": {"type": "column", "columnId": by},
        "orderDirection": "desc",
        "otherBucket": False,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    return Column(id_, label, "terms", of, data_type=data_type, params=params)


def ranked(
    id_: str, label: str, of: str, size: int, by: Column, direction: Literal["asc", "desc"], *, others: bool = True
) -> Column:
    """The values of a field in the order of a number, which need not be shown; `others` together as one."""
    params = {
        "size": size,
        "orderDirection": direction,
        "otherBucket": others,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    return Column(id_, label, "terms", of, data_type="string", params=params, rank=by)


def over_time() -> Column:
    """Intervals that Kibana chooses by the width of the panel."""
    params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    return Column("time", "Time", "date_histogram", TIME, data_type="date", params=params)


def before(column: AnyColumn) -> AnyColumn:
    """The same of the period before."""
    return replace(column, id=f"{column.id}_before", label=f"{column.label}, before", shift=_BEFORE)


def earlier(column: AnyColumn, shift: str, label: str) -> AnyColumn:
    """The same of so much earlier, such as `1w`."""
    return replace(column, id=f"{column.id}_{shift}", label=label, shift=shift)


def behind(column: AnyColumn) -> AnyColumn:
    """The same for the line behind a number, which is a layer of its own."""
    return replace(column, id=f"{column.id}_line")
