"""The variables at the top of a board, and the marks on its time axis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.models import dashboard as sdk
from grafana_foundation_sdk.models import elasticsearch as es
from grafana_foundation_sdk.models.common import DataSourceRef

from dashboards.grafana import config

HERE = DataSourceRef(uid="${datasource}")


def data_source(kind: str, name: str, uid: str, variable: str = "datasource") -> sdk.VariableModel:
    """The data source of all panels; fixed to the provisioned one by its name."""
    return sdk.VariableModel(
        type_val=sdk.VariableType.DATASOURCE,
        name=variable,
        label=name,
        query=kind,
        regex=f"/^{name}$/",
        current=sdk.VariableOption(selected=True, text=name, value=uid),
        refresh=sdk.VariableRefresh.ON_DASHBOARD_LOAD,
        options=[],
    )


TWEETS = data_source("elasticsearch", "Tweets", config.TWEETS)
PROMETHEUS = data_source("prometheus", "Prometheus", config.PROMETHEUS)
WINDOWS = data_source("elasticsearch", "Tweet windows", config.WINDOWS)
TOPICS = data_source("elasticsearch", "Tweet topics", config.TOPICS)
SECOND = "tweets"
"""The variable with the data source of tweets on a board that asks Prometheus too."""
TWEETS_BESIDES = data_source("elasticsearch", "Tweets", config.TWEETS, SECOND)


def retweets() -> sdk.VariableModel:
    """The kinds that count."""
    return _choice("retweets", "Retweets", {"left out": "NOT tweet.kind:retweet", "counted": "*"})


def places() -> sdk.VariableModel:
    """The places that the map shows: first those that tweets state, since what profiles name is a guess."""
    guessed = "tweet.geo.source:profile"
    choices = {"stated by tweets": f"NOT {guessed}", "guessed from profiles": guessed, "stated and guessed": "*"}
    return _choice("places", "Places on the map", choices)


def _choice(name: str, label: str, choices: Mapping[str, str]) -> sdk.VariableModel:
    """One of some pieces of Lucene, put into queries as it stands (`${name:raw}`)."""
    options = [
        sdk.VariableOption(selected=i == 0, text=text, value=value) for i, (text, value) in enumerate(choices.items())
    ]
    return sdk.VariableModel(
        type_val=sdk.VariableType.CUSTOM,
        name=name,
        label=label,
        query=", ".join(f"{text} : {value}" for text, value in choices.items()),
        current=options[0],
        options=options,
        allow_custom_value=False,
    )


def kibana() -> sdk.VariableModel:
    """The address of Kibana, for links to the tweets themselves."""
    here = sdk.VariableOption(selected=True, text=config.KIBANA, value=config.KIBANA)
    return sdk.VariableModel(
        type_val=sdk.VariableType.TEXTBOX,
        name="kibana",
        label="Kibana",
        query=config.KIBANA,
        current=here,
        options=[here],
    )


def filters(source: str = "datasource") -> sdk.VariableModel:
    """Free filters on any field, which apply to every panel that asks the same data source."""
    return sdk.VariableModel(
        type_val=sdk.VariableType.ADHOC,
        name="filters",
        label="Filters",
        datasource=DataSourceRef("elasticsearch", f"${{{source}}}"),
    )


def entity() -> sdk.VariableModel:
    """One tracked entity, out of those that have tweets in the time range."""
    find = json.dumps(
        {"find": "terms", "field": "tweet.entity", "query": "*", "size": 500, "orderBy": "term", "order": "asc"}
    )
    return sdk.VariableModel(
        type_val=sdk.VariableType.QUERY,
        name="entity",
        label="Entity",
        datasource=DataSourceRef("elasticsearch", "${datasource}"),
        query=find,
        definition=find,
        refresh=sdk.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=sdk.VariableSort.ALPHABETICAL_ASC,
        options=[],
    )


def namespace(field: str = "window.namespace") -> sdk.VariableModel:
    """One namespace, out of those that have windows in the time range: two would count the same tweets twice."""
    return _one_of("namespace", "Namespace", field, "*", "default")


def about() -> sdk.VariableModel:
    """What topics are about, out of what they were asked for in the time range: all tweets, or one entity."""
    return _one_of("about", "About", "run.about", 'run.namespace:"$namespace"', "all tweets")


def found() -> sdk.VariableModel:
    """One question about topics, the newest first: others are about the same tweets again."""
    chosen = 'run.namespace:"$namespace" AND run.about:"$about"'
    model = _one_of("found", "Found", "run.names", chosen, "newest")
    model.sort = sdk.VariableSort.ALPHABETICAL_DESC
    return model


def _one_of(name: str, label: str, field: str, query: str, first: str) -> sdk.VariableModel:
    find = json.dumps({"find": "terms", "field": field, "query": query, "size": 50})
    return sdk.VariableModel(
        type_val=sdk.VariableType.QUERY,
        name=name,
        label=label,
        datasource=DataSourceRef("elasticsearch", "${datasource}"),
        query=find,
        definition=find,
        current=sdk.VariableOption(selected=True, text=first, value=first),
        refresh=sdk.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=sdk.VariableSort.ALPHABETICAL_ASC,
        options=[],
    )


def label_values(name: str, label: str, expression: str) -> sdk.VariableModel:
    """Some or all values of a Prometheus label."""
    return sdk.VariableModel(
        type_val=sdk.VariableType.QUERY,
        name=name,
        label=label,
        datasource=DataSourceRef("prometheus", "${datasource}"),
        query={"qryType": 1, "query": expression, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        definition=expression,
        refresh=sdk.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=sdk.VariableSort.ALPHABETICAL_ASC,
        multi=True,
        include_all=True,
        all_value=".*",
        current=sdk.VariableOption(text=["All"], value=["$__all"]),
        options=[],
    )


EVENT_FIELDS = {"timeField": "@timestamp", "timeEndField": "event.end", "textField": "message", "tagsField": "tags"}
"""The fields of an annotation. The SDK knows none of them: `encode` puts them back."""


def events(name: str = "Events", only: str = "") -> sdk.AnnotationQuery:
    """Campaigns, restarts, replays and promotions; a region where the event has an end. `only` narrows them."""
    logs = es.Logs(id_val="1", settings=es.ElasticsearchLogsSettings(limit="100"))
    target = es.Dataquery(
        ref_id="Anno",
        query='data_stream.dataset:"tweets.events"' + only,
        metrics=[logs],
        bucket_aggs=[],
        time_field="@timestamp",
    )
    return sdk.AnnotationQuery(
        name=name, datasource=DataSourceRef("elasticsearch", config.EVENTS), icon_color=config.EVENT, target=target
    )


def mark(name: str, colour: str, expression: str, title: str, text: str, **more: Any) -> sdk.AnnotationQuery:
    """Times at which a Prometheus expression has a value."""
    return sdk.AnnotationQuery(
        name=name,
        datasource=DataSourceRef("prometheus", "${datasource}"),
        icon_color=colour,
        expr=expression,
        step="60s",
        title_format=title,
        text_format=text,
        **more,
    )
