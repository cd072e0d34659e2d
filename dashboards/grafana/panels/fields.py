"""Thresholds, colours, links and overrides: what fields of any panel have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard as sdk
from grafana_foundation_sdk.models.common import DataSourceRef

from dashboards.grafana import config
from dashboards.kibana.saved_searches import SavedSearch

Override = sdk.DashboardFieldConfigSourceOverrides
Overrides = Sequence[Override]
Targets = Sequence[Dataquery]

HERE = DataSourceRef(uid="${datasource}")
"""Without a `type`: with one, the SDK reads expressions as queries and drops what they are."""
TWEETS = "${tweets}"


def panel(
    kind: str,
    title: str,
    description: str,
    targets: Targets,
    fields: sdk.FieldConfig,
    options: Mapping[str, Any],
    overrides: Overrides = (),
    **more: Any,
) -> sdk.Panel:
    """A panel on the board's data source; `options` is the visualisation's own part of the model."""
    return sdk.Panel(
        type_val=kind,
        title=title,
        description=description,
        datasource=HERE,
        targets=list(targets),
        field_config=sdk.FieldConfigSource(defaults=fields, overrides=list(overrides)),
        options=dict(options),
        **more,
    )


def of_tweets(panel: sdk.Panel) -> sdk.Panel:
    """The panel, on the second data source of a board that asks Prometheus first: what tweets say is in documents."""
    panel.datasource = DataSourceRef(uid=TWEETS)
    for target in panel.targets or ():
        source = getattr(target, "datasource", None)
        if source is not None and source.uid == HERE.uid:
            # Each target gets its own: what it had is shared by all targets of all boards.
            setattr(target, "datasource", DataSourceRef("elasticsearch", TWEETS))  # noqa: B010
    return panel


def thresholds(steps: config.Steps) -> sdk.ThresholdsConfig:
    return sdk.ThresholdsConfig(
        mode=sdk.ThresholdsMode.ABSOLUTE, steps=[sdk.Threshold(value, colour) for value, colour in steps]
    )


def fixed(colour: str) -> sdk.FieldColor:
    return sdk.FieldColor(mode=sdk.FieldColorModeId.FIXED, fixed_color=colour)


def by_threshold() -> sdk.FieldColor:
    return sdk.FieldColor(mode=sdk.FieldColorModeId.THRESHOLDS)


def when(name: str, properties: Mapping[str, object]) -> Override:
    """Overrides for the field of this name; the keys are Grafana's property ids."""
    return _override("byName", name, properties)


def matching(pattern: str, properties: Mapping[str, object]) -> Override:
    """Overrides for the fields whose name matches."""
    return _override("byRegexp", pattern, properties)


def coloured(colours: Mapping[str, str]) -> list[Override]:
    """A fixed colour for each name: a palette would follow the order in which series come."""
    return [when(name, {"color": fixed(colour)}) for name, colour in colours.items()]


def words(meanings: Mapping[str, tuple[str, str]]) -> sdk.ValueMap:
    """The text and the colour that replace a value."""
    results = {
        value: sdk.ValueMappingResult(text=text, color=colour, index=index)
        for index, (value, (text, colour)) in enumerate(meanings.items())
    }
    return sdk.ValueMap(options=results)


def hashed(colours: Mapping[str, str]) -> list[Override]:
    """A fixed colour for each field whose name matches a pattern."""
    return [matching(pattern, {"color": fixed(colour)}) for pattern, colour in colours.items()]


def tinted(colours: Mapping[str, str]) -> list[sdk.RegexMap]:
    """The colour of each value that matches a pattern; what is written stays."""
    results = enumerate(colours.items())
    return [
        sdk.RegexMap(
            options=sdk.DashboardRegexMapOptions(
                pattern=pattern, result=sdk.ValueMappingResult(color=colour, index=index)
            )
        )
        for index, (pattern, colour) in results
    ]


def nothing(text: str = "no data", colour: str = config.QUIET) -> sdk.SpecialValueMap:
    """The text if there is no value: without it a panel takes the base colour, and a green "no data" lies."""
    result = sdk.ValueMappingResult(text=text, color=colour, index=9)
    return sdk.SpecialValueMap(
        options=sdk.DashboardSpecialValueMapOptions(match=sdk.SpecialValueMatch.NULL_AND_NAN, result=result)
    )


def link(title: str, url: str, new_tab: bool = False) -> dict[str, object]:
    """A data link."""
    return {"title": title, "url": url, "targetBlank": new_tab}


def entity_link(value: str, *, variables: bool = True) -> list[dict[str, object]]:
    """To the board of an entity, for the same time range, and with the filters and all else that is chosen here.

    `value` is the Grafana variable that holds its name. `variables` of a board with other data sources stay here.
    """
    kept = "&${__all_variables}" if variables else ""
    return [link("Open this entity", f"/d/{config.ENTITY}?var-entity={value}&${{__url_time_range}}{kept}")]


def in_discover(panel: sdk.Panel, search: SavedSearch, condition: str = "") -> sdk.Panel:
    """The panel, with a link to the tweets behind it: a saved search of Kibana's, for the same time range.

    `condition` is KQL; with the choice of retweets it takes the place of the search's own. Its variables are
    percent-encoded.
    """
    query = " and ".join(("${retweets:percentencode}", *([condition] if condition else [])))
    url = discover(search, query, {"from": "${__from:date:iso}", "to": "${__to:date:iso}"})
    link = sdk.DashboardLink(title="The tweets in Discover", type_val=sdk.DashboardLinkType.LINK, url=url)
    link.target_blank = True
    panel.links = [link]
    return panel


def discover(search: SavedSearch, query: str, span: Mapping[str, str]) -> str:
    """The address at which Kibana shows a saved search with this KQL instead of its own; variables stay in it."""
    # In an address of Discover itself an apostrophe in a brand ends the query, and Grafana can't escape it. So: JSON.
    state = {
        "savedSearchId": search.id,
        "timeRange": span,
        "query": {"language": "kuery", "query": query},
        # With a query of its own, Kibana 8.12 opens a saved search without its columns.
        "columns": search.columns,
    }
    return f"${{kibana}}/app/r?l=DISCOVER_APP_LOCATOR&v=8.11.0&p={_encoded(json.dumps(state, separators=(',', ':')))}"


def _encoded(text: str) -> str:
    """For a URL; Grafana's variables in it stay what they are."""
    parts = re.split(r"(\$\{[^}]+\})", text)
    return "".join(part if number % 2 else quote(part, safe="") for number, part in enumerate(parts))


def organise(
    order: Iterable[str] = (), rename: Mapping[str, str] | None = None, drop: Iterable[str] = ()
) -> sdk.DataTransformerConfig:
    """Order, rename and leave out columns."""
    options = {
        "indexByName": {name: index for index, name in enumerate(order)},
        "renameByName": dict(rename or {}),
        "excludeByName": dict.fromkeys(drop, True),
    }
    return sdk.DataTransformerConfig(id_val="organize", options=options)


def negative_share(by: str) -> list[sdk.DataTransformerConfig]:
    """From counts A and B of scored and of negative tweets: columns "Tweets", "Negative tweets" and "Negative"."""
    # Renamed before they meet, or both would be "Count 1" and "Count 2".
    return [
        _rename("A", "Tweets"),
        _rename("B", "Negative tweets"),
        sdk.DataTransformerConfig(id_val="joinByField", options={"byField": by, "mode": "outer"}),
        quotient("Negative", "Negative tweets", "Tweets"),
    ]


def quotient(alias: str, left: str, right: str) -> sdk.DataTransformerConfig:
    """A column that is one column divided by another."""
    sides = {side: {"matcher": {"id": "byName", "options": name}} for side, name in (("left", left), ("right", right))}
    options = {"mode": "binary", "alias": alias, "binary": {**sides, "operator": "/"}, "replaceFields": False}
    return sdk.DataTransformerConfig(id_val="calculateField", options=options)


def _rename(ref: str, name: str) -> sdk.DataTransformerConfig:
    return sdk.DataTransformerConfig(
        id_val="renameByRegex",
        filter_val=sdk.MatcherConfig(id_val="byRefId", options=ref),
        options={"regex": "^Count$", "renamePattern": name},
    )


def _override(matcher: str, options: str, properties: Mapping[str, object]) -> Override:
    values = [sdk.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]
    return Override(matcher=sdk.MatcherConfig(id_val=matcher, options=options), properties=values)
