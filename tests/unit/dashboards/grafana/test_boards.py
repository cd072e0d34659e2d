"""The committed boards: whole, legible, and naming only what there is."""

from __future__ import annotations

import json
import re
import string
from itertools import chain, pairwise
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from dashboards.grafana import config
from dashboards.kibana import palette
from dashboards.kibana.saved_searches import SEARCHES
from pipeline.domain.prediction import CLOSED_LABELS, MOST_LABELS, Task
from pipeline.domain.record import Reason
from pipeline.domain.sentiment import SCORED, THRESHOLD, Label
from pipeline.sinks.kibana import OLDEST
from pipeline.topics.documents import EVERYTHING, NEWEST
from pipeline.topics.models import MOST_K
from tests.boards.grafana import boards, panels_of, queries_of
from tests.builders import AIRLINE_REASONS
from tests.paths import ROOT
from tests.unit.dashboards.grafana import contract

Json = dict[str, Any]

BOARDS = boards()
PANELS = [(board["uid"], panel) for board in BOARDS for panel in panels_of(board)]
UIDS = {board["uid"] for board in BOARDS}
UNITS = {"s", "bytes", "short", "recps", "percentunit", "none", "locale", "dateTimeFromNow", "suffix: pp", "string"}

each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["uid"])
each_panel = pytest.mark.parametrize(("uid", "panel"), PANELS, ids=[f"{uid}-{panel['title']}" for uid, panel in PANELS])

STATS = [(uid, panel) for uid, panel in PANELS if panel["type"] == "stat"]
each_stat = pytest.mark.parametrize(("uid", "panel"), STATS, ids=[f"{uid}-{panel['title']}" for uid, panel in STATS])


def walk(part: Any) -> list[Json]:
    """Every object in a model, itself included."""
    if isinstance(part, dict):
        return [part, *(found for value in part.values() for found in walk(value))]
    if isinstance(part, list):
        return [found for value in part for found in walk(value)]
    return []


def rows(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] == "row"]


def test_there_is_a_board_for_each_of_the_six() -> None:
    """Overview, entity, pipeline, models, history, topics."""
    six = {config.OVERVIEW, config.ENTITY, config.PIPELINE, config.MODELS, config.HISTORY, config.TOPICS_BOARD}
    assert six <= UIDS


@each_board
def test_a_board_is_what_grafana_takes_from_a_file(board: Json) -> None:
    """No wrapper, id null, a fixed uid, a title (without one it is skipped), not to be edited by hand."""
    assert board["id"] is None
    assert re.fullmatch(r"tweetpulse-[a-z]{3,29}", board["uid"])
    assert board["title"]
    assert board["description"]
    assert (board["schemaVersion"], board["editable"], board["graphTooltip"]) == (42, False, 1)
    assert config.TAG in board["tags"]


@each_board
def test_boards_lead_to_each_other_and_keep_the_time(board: Json) -> None:
    """On the bar and not in a menu. Filters and all else that is chosen go along to boards of the same data sources."""
    links = board["links"]
    assert {(link["type"], link["keepTime"]) for link in links} == {("dashboards", True)}
    assert [link["tags"] for link in links] == [["tweetpulse", tag] for tag in config.TAGS]
    (own,) = set(board["tags"]) - {config.TAG}
    assert [link["tags"][1] for link in links if link["includeVars"]] == [own]
    sources = [
        {v["name"]: v["query"] for v in other["templating"]["list"] if v["type"] == "datasource"}
        for other in BOARDS
        if own in other["tags"]
    ]
    assert all(source == sources[0] for source in sources)
    assert not [part for part in walk(board) if "placement" in part and part["placement"] == "inControlsMenu"]


@each_board
def test_links_to_boards_lead_somewhere(board: Json) -> None:
    """Each /d/uid is one of ours."""
    urls = [part["url"] for part in walk(board) if str(part.get("url", "")).startswith("/d/")]
    assert {url.removeprefix("/d/").split("?")[0] for url in urls} <= UIDS


@each_board
def test_links_to_an_entity_keep_the_time_and_what_is_chosen(board: Json) -> None:
    """Variables too, from boards whose variables the entity's board shares; its own entity is in the link."""
    urls = [part["url"] for part in walk(board) if str(part.get("url", "")).startswith(f"/d/{config.ENTITY}")]
    shared = "sentiment" in board["tags"]
    assert all("var-entity=" in url and "${__url_time_range}" in url for url in urls)
    assert all(("${__all_variables}" in url) is shared for url in urls)
    assert urls or board["uid"] in (config.ENTITY, config.PIPELINE, config.HISTORY, config.TOPICS_BOARD)


def discover_links(board: Json) -> list[str]:
    """The links of all panels, which lead to Kibana's Discover."""
    return [link["url"] for panel in panels_of(board) for link in panel.get("links") or ()]


def discover_state(url: str, **variables: str) -> Json:
    """What Kibana's redirect reads, with Grafana's variables as Grafana puts them in."""
    dates = {"__from": "2026-05-01T11:00:00Z", "__to": "2026-05-01T12:00:00Z"}
    for name, value in dates.items():
        url = url.replace(f"${{{name}:date:iso}}", value)
    for name, value in variables.items():
        url = url.replace(f"${{{name}:percentencode}}", quote(value, safe=""))
    assert url.startswith("${kibana}/app/r?")
    assert "$" not in url.removeprefix("${kibana}")
    ((locator,), (version,), (state,)) = (parse_qs(urlsplit(url).query)[name] for name in "lvp")
    assert (locator, version) == ("DISCOVER_APP_LOCATOR", ".".join(map(str, (*OLDEST, 0))))
    return json.loads(state)


@pytest.mark.parametrize("uid", [config.OVERVIEW, config.ENTITY])
def test_tweets_lead_to_discover_with_their_time(uid: str) -> None:
    """To a saved search of the Kibana bundle, at an address that can be changed on the board."""
    (board,) = [board for board in BOARDS if board["uid"] == uid]
    (kibana,) = [v for v in board["templating"]["list"] if v["name"] == "kibana"]
    urls = discover_links(board)
    assert (kibana["type"], kibana["query"]) == ("textbox", config.KIBANA)
    assert urls
    for url in urls:
        state = discover_state(url, retweets="NOT tweet.kind:retweet", entity="Acme")
        (search,) = [search for search in SEARCHES if search.id == state["savedSearchId"]]
        assert tuple(state["columns"]) == search.columns
        assert state["timeRange"] == {"from": "2026-05-01T11:00:00Z", "to": "2026-05-01T12:00:00Z"}
        assert state["query"]["language"] == "kuery"


@pytest.mark.parametrize("brand", ["Levi's", "Kelly's & Sons+ 100%", "L'Oréal #1", "Ben/Jerry (Co)"])
def test_discover_opens_on_the_brand_whatever_it_is_called(brand: str) -> None:
    """With the choice of retweets; an apostrophe ended the query, where the address was Discover's own."""
    (board,) = [board for board in BOARDS if board["uid"] == config.ENTITY]
    (url,) = discover_links(board)
    query = discover_state(url, retweets="*", entity=brand)["query"]["query"]
    assert query == f'* and tweet.entity: "{brand}"'


def test_discover_opens_on_what_the_panel_shows() -> None:
    """All tweets, or the negative ones, and retweets as the board counts them."""
    (board,) = [board for board in BOARDS if board["uid"] == config.OVERVIEW]
    queries = [
        discover_state(url, retweets="NOT tweet.kind:retweet")["query"]["query"] for url in discover_links(board)
    ]
    assert queries == [
        "NOT tweet.kind:retweet",
        'NOT tweet.kind:retweet and tweet.sentiment.label: "negative"',
    ]


def test_names_in_a_list_are_shown_as_names() -> None:
    """Not as `[ "Quorvane" ]`, wherever a table of tweets has the entity."""
    tables = [p for _, p in PANELS if "raw_data" in str(p["targets"])]
    with_entity = [p for p in tables if "tweet.entity" in p["transformations"][0]["options"]["include"]["names"]]
    assert len(with_entity) == 2
    for panel in with_entity:
        (change,) = panel["transformations"][1]["options"]["conversions"]
        assert change == {"targetField": "tweet.entity", "destinationType": "string", "joinWith": ", "}


def test_the_map_is_coloured_by_the_share_of_negative_tweets() -> None:
    """Of the scored ones; a mean is nearly everywhere a little above 0, and all of the map green."""
    maps = [panel for _, panel in PANELS if panel["type"] == "geomap" and panel["title"] == "Where are they?"]
    assert len(maps) == 2
    for panel in maps:
        scored, negative = (target["query"] for target in panel["targets"])
        style = panel["options"]["layers"][-1]["config"]["style"]
        made = [t["options"].get("alias") for t in panel["transformations"]]
        assert "NOT tweet.sentiment.label:unsupported" in scored
        assert "tweet.sentiment.label:negative" in negative
        assert (style["size"]["field"], style["color"]["field"]) == ("Tweets", made[-1])


def test_the_map_of_hashtags_writes_one_for_each_cell() -> None:
    """The most frequent one; the name of its bucket is that of the column which is written."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "Hashtags by place"]
    cell, hashtag = panel["targets"][0]["bucketAggs"]
    layer = panel["options"]["layers"][-1]
    assert (cell["type"], layer["location"]["geohash"]) == ("geohash_grid", cell["field"])
    assert (hashtag["settings"]["size"], hashtag["settings"]["orderBy"]) == ("1", "_count")
    assert layer["config"]["style"]["text"]["field"] == hashtag["field"]
    assert layer["config"]["style"]["size"]["field"] == "Count"


@pytest.mark.parametrize("uid", [config.OVERVIEW, config.ENTITY])
def test_maps_show_no_guess_at_first(uid: str) -> None:
    """The board's choice is in each query of a map, begins without profiles, and is told in its description."""
    (board,) = [board for board in BOARDS if board["uid"] == uid]
    (choice,) = [variable for variable in board["templating"]["list"] if variable["name"] == "places"]
    maps = [panel for of, panel in PANELS if of == uid and panel["type"] == "geomap"]
    assert choice["current"]["value"] == "NOT tweet.geo.source:profile"
    assert maps
    for map_ in maps:
        assert all(target["query"].endswith(" AND ${places:raw}") for target in map_["targets"])
        assert choice["label"] in map_["description"]


@pytest.mark.parametrize("uid", [config.OVERVIEW, config.ENTITY])
def test_the_share_has_the_one_before_beside_it(uid: str) -> None:
    """The same question, of a day earlier."""
    (board,) = [board for board in BOARDS if board["uid"] == uid]
    now, earlier = [panel for panel in board["panels"] if panel["type"] != "row"][:2]
    assert (now["title"], earlier["title"], earlier["timeShift"]) == ("Negative tweets", "A day earlier", "1d")
    assert now["targets"] == earlier["targets"]


def test_what_fires_is_said_in_words_and_in_its_colour() -> None:
    """The row that says that nothing does is green, and has no time; a severity has the colour of its urgency."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "Alerts that fire"]
    changes = {
        override["matcher"]["options"]: {change["id"]: change["value"] for change in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    }
    words = {
        name: {
            value: (result["text"], result.get("color")) for value, result in change["mappings"][0]["options"].items()
        }
        for name, change in changes.items()
        if "mappings" in change
    }
    assert words["alertname"] == {"nothing fires": ("nothing fires", config.GOOD)}
    assert words["severity"] == {"critical": ("critical", config.BAD), "warning": ("warning", config.WARNING)}
    assert words["Value"]["0"][0] == "–"
    assert changes["Value"]["unit"] == "dateTimeFromNow"
    kept = panel["transformations"][0]["options"]["include"]["names"]
    assert kept == ["alertname", "severity", "about", "Value"]


def test_the_values_of_rankings_have_room() -> None:
    """A bar chart cuts off what stands beside the longest bar; a bar gauge does not."""
    shown = {p["type"] for _, p in PANELS if p["title"].startswith("Top ")}
    assert shown == {"bargauge"}


@each_board
def test_ids_are_unique_on_a_board(board: Json) -> None:
    """Of rows and panels together."""
    ids = [panel["id"] for panel in [*rows(board), *panels_of(board)]]
    assert len(ids) == len(set(ids))


@each_board
def test_panels_do_not_overlap_and_stay_on_the_grid(board: Json) -> None:
    """24 units wide, every square once."""
    taken = [
        (x, y)
        for panel in [*rows(board), *panels_of(board)]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert {x for x, _ in taken} == set(range(24))


@each_board
def test_every_row_asks_a_question_and_the_second_look_is_collapsed(board: Json) -> None:
    """At most a dozen panels are open, and nothing open follows what is collapsed."""
    opened = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(row["title"].endswith("?") for row in rows(board))
    assert len(opened) <= 12
    assert all(later["collapsed"] for row, later in pairwise(rows(board)) if row["collapsed"])


@each_panel
def test_a_panel_says_what_it_shows(uid: str, panel: Json) -> None:
    """A title, a description in whole sentences, a unit."""
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS


@each_panel
def test_a_panel_asks_the_boards_data_source(uid: str, panel: Json) -> None:
    """Without a type: with one the SDK takes expressions for queries. Never `-- Mixed --`: filters pass over it."""
    source = "${tweets}" if (uid, _asks_documents(panel)) == (config.MODELS, True) else "${datasource}"
    assert panel["datasource"] == {"uid": source}
    assert {target["datasource"]["uid"] for target in panel["targets"]} <= {source, "__expr__"}


def _asks_documents(panel: Json) -> bool:
    return any(target["datasource"].get("type") == "elasticsearch" for target in panel["targets"])


@each_board
def test_only_the_models_board_has_two_data_sources(board: Json) -> None:
    """What runs is a metric, what it says is documents; its free filters are those of documents."""
    variables = {v["name"]: v for v in board["templating"]["list"]}
    sources = [name for name, v in variables.items() if v["type"] == "datasource"]
    adhoc = [v["datasource"]["uid"] for v in variables.values() if v["type"] == "adhoc"]
    if board["uid"] == config.MODELS:
        assert (sources, adhoc) == (["datasource", "tweets"], ["${tweets}"])
    else:
        assert (sources, adhoc) == (["datasource"], ["${datasource}"] * len(adhoc))


@each_panel
def test_expressions_name_queries_that_are_there(uid: str, panel: Json) -> None:
    """`$A / $B` and `reduce A` of the same panel; and at least one result is not hidden."""
    refs = [target["refId"] for target in panel["targets"]]
    reduced = {target["expression"] for target in panel["targets"] if target.get("type") == "reduce"}
    math = " ".join(target["expression"] for target in panel["targets"] if target.get("type") == "math")
    assert len(refs) == len(set(refs))
    assert reduced | set(re.findall(r"\$(\w+)", math)) <= set(refs)
    assert [target for target in panel["targets"] if not target.get("hide")]


@each_stat
def test_no_value_is_neither_good_nor_bad(uid: str, panel: Json) -> None:
    """A stat without a value would take the base colour: a green "no data"."""
    absent = panel["fieldConfig"]["defaults"]["mappings"][-1]
    assert (absent["type"], absent["options"]["match"]) == ("special", "null+nan")
    expected = config.BAD if panel["title"] == "Queries" else config.QUIET
    assert absent["options"]["result"]["color"] == expected


@each_panel
def test_a_sentiment_has_one_colour(uid: str, panel: Json) -> None:
    """Wherever a series bears a label's name."""
    for override in panel["fieldConfig"]["overrides"]:
        name = override["matcher"]["options"]
        for change in override["properties"]:
            if change["id"] == "color" and name in config.LABELS:
                assert change["value"] == {"mode": "fixed", "fixedColor": config.LABELS[name]}


@each_panel
def test_no_palette_hands_out_red_and_green(uid: str, panel: Json) -> None:
    """A palette follows the order of series and gives a category a meaning that it has not."""
    modes = {part["mode"] for part in walk(panel) if "fixedColor" in part or set(part) == {"mode"}}
    assert "palette-classic" not in modes
    assert "palette-classic-by-name" not in modes


@each_panel
def test_columns_are_fields_that_documents_have(uid: str, panel: Json) -> None:
    """What a table of tweets keeps and changes is mapped."""
    kept = [
        t["options"]["include"]["names"] for t in panel.get("transformations", ()) if t["id"] == "filterFieldsByName"
    ]
    changed = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]
    named = [*chain.from_iterable(kept), *changed]
    # A percentile's field is called by its percent too: "p50.0 tweet.model.probability".
    dotted = {name.split(" ")[-1] for name in named if "." in name and not name.startswith("/")}
    assert dotted <= contract.fields().keys()


@each_board
def test_fields_exist_and_can_be_asked_so(board: Json) -> None:
    """Everything that a query names is mapped, and what makes buckets is no analysed text."""
    known = contract.fields()
    for question in queries_of(board, entity="Acme"):
        if question.expression is None:
            assert question.fields <= known.keys(), question.where
            in_buckets = {known[part["field"]] for part in question.target["bucketAggs"] if part.get("field")}
            assert "text" not in in_buckets, question.where


@each_board
def test_no_variable_is_left_in_a_question(board: Json) -> None:
    """All that a query names is chosen on the board."""
    left = [
        q.where
        for q in queries_of(board, entity="Acme")
        if "$" in str(q.target.get("query", "")) + (q.expression or "")
    ]
    assert left == []


@each_board
def test_filters_and_events_survive_the_sdk(board: Json) -> None:
    """It drops the filters of ad hoc variables and the fields that events are drawn from."""
    adhoc = [variable for variable in board["templating"]["list"] if variable["type"] == "adhoc"]
    events = [a for a in board["annotations"]["list"] if a["datasource"]["uid"] == config.EVENTS]
    assert [variable["filters"] for variable in adhoc] == [[] for _ in adhoc]
    assert {(a["timeField"], a["timeEndField"], a["textField"], a["tagsField"]) for a in events} <= {
        ("@timestamp", "event.end", "message", "tags")
    }
    assert len(adhoc) == len(events)
    if events:
        assert {"event.end", "message", "tags"} <= contract.fields().keys()


def test_rejections_are_coloured_by_the_closed_list_of_reasons() -> None:
    """A reason that is added gets a colour, or a shade that says nothing."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "Rejected records by reason"]
    named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert named == set(Reason)


def colour_of(reason: str) -> str:
    """As Grafana finds it: a later pattern wins, and where none matches it is a shade of the base."""
    found = [colour for pattern, colour in config.REASONS.items() if re.search(pattern.strip("/"), reason)]
    return found[-1] if found else config.VOLUME


@pytest.mark.parametrize("reason", [*AIRLINE_REASONS, "late_parcel", "verspätung", "it"])
def test_every_reason_has_one_colour_and_none_is_red_or_green(reason: str) -> None:
    """Whichever reasons a model has: neither is better or worse than another."""
    assert sum(bool(re.search(pattern.strip("/"), reason)) for pattern in config.REASONS) <= 1
    assert colour_of(reason) in {*config.CATEGORIES, config.VOLUME} - {config.BAD, config.GOOD}


def test_reasons_differ_in_colour_as_far_as_colours_go() -> None:
    """Every letter has a colour, and of the ten reasons of airlines eight are told apart by theirs."""
    assert sorted(ch for pattern in config.REASONS for ch in pattern if ch.isalpha()) == list(string.ascii_lowercase)
    assert len({colour_of(reason) for reason in AIRLINE_REASONS}) >= 8


def test_complaints_have_the_same_colours_as_curves_and_as_bars() -> None:
    """As many reasons as a model may have are asked for, and each panel has the same patterns."""
    shown = {p["title"]: p for _, p in PANELS if p["title"].startswith("Complaints")}
    bars = shown.pop("Complaints by reason")
    curves = [p for title, p in shown.items() if title.startswith(("Complaints over time", "Complaints recognised"))]
    assert len(curves) == 2
    for panel in curves:
        fixed = {o["matcher"]["options"]: o["properties"][0]["value"] for o in panel["fieldConfig"]["overrides"]}
        assert fixed == {r: {"mode": "fixed", "fixedColor": colour} for r, colour in config.REASONS.items()}
        assert {o["matcher"]["id"] for o in panel["fieldConfig"]["overrides"]} == {"byRegexp"}
    mappings = bars["fieldConfig"]["defaults"]["mappings"]
    assert {m["type"] for m in mappings} == {"regex"}
    assert {m["options"]["pattern"]: m["options"]["result"]["color"] for m in mappings} == config.REASONS
    # Where a text stood, it would be written in the value's place.
    assert not any("text" in m["options"]["result"] for m in mappings)
    assert bars["options"]["colorByField"] == "tweet.complaint.reason"
    sizes = {panel["targets"][0]["bucketAggs"][0]["settings"]["size"] for panel in (*curves, bars)}
    assert sizes == {str(config.MOST_REASONS)} == {str(MOST_LABELS)}


def test_what_the_model_says_is_coloured_by_the_labels_that_it_may_know() -> None:
    """The three of VADER in VADER's colours, and what is about something else."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "What the model says"]
    named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    assert named == set(CLOSED_LABELS[Task.SENTIMENT])


def test_without_a_model_the_models_board_says_what_to_do() -> None:
    """A newcomer has no model yet: no panel of documents or of a champion is simply blank."""
    (board,) = [board for board in BOARDS if board["uid"] == config.MODELS]
    opened = [panel for panel in board["panels"] if panel["type"] not in ("row", "table")]
    said = {panel["fieldConfig"]["defaults"]["noValue"] for panel in opened}
    assert "tweetpulse train" in board["description"]
    assert "tweetpulse train" in config.NO_MODEL
    yet = {config.NO_MODEL_YET, config.NO_SENTIMENT_YET, config.NO_MODEL}
    assert said == yet | set(config.NO_MODEL_OF.values())


def test_each_task_is_spoken_of_by_itself() -> None:
    """A row is of all tasks, of sentiment, or of complaints and reasons, and a panel without data names its task."""
    (board,) = [board for board in BOARDS if board["uid"] == config.MODELS]
    allowed = {
        "sentiment": {config.NO_SENTIMENT_YET, config.NO_MODEL_OF["sentiment"], config.NO_LABELS, "–"},
        "complaints": {config.NO_MODEL_OF["complaint"], config.NO_MODEL_OF["reason"]},
    }
    about = ""
    for panel in [inner for part in board["panels"] for inner in (part, *part.get("panels", ()))]:
        if panel["type"] == "row":
            about = panel["title"].split(":")[0].split(" ")[0].lower()
        elif about in allowed:
            assert panel["fieldConfig"]["defaults"]["noValue"] in allowed[about], panel["title"]


def test_confidence_without_a_model_is_no_number() -> None:
    """One bucket of all tweets would say 0 %, in red: the buckets are versions, of which there is none."""
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "Confidence"]
    assert [bucket["field"] for bucket in panel["targets"][0]["bucketAggs"]] == ["tweet.model.version"]


def test_labels_are_the_scorers_own() -> None:
    """In the order in which they are always shown."""
    assert list(config.LABELS) == list(Label)
    assert tuple(config.SCORED) == SCORED


def test_compound_changes_its_colour_at_the_scorers_own_thresholds() -> None:
    """Everywhere alike; Kibana's ramp for means has the same limits, and steps between the upper one and the best."""
    edges = [step for step, _ in config.COMPOUND]
    assert edges == [None, -THRESHOLD, THRESHOLD]
    stops = [stop for _, stop in palette.MEANS]
    assert stops[:3] == [-1, *edges[1:]]
    assert stops == sorted(stops)
    assert (palette.MEANS[0][0], palette.MEANS[-1][0]) == (config.NEGATIVE, config.POSITIVE)


def test_each_colour_is_written_once() -> None:
    """What means the same is one name: a colour is changed in one place of each of the two config files."""
    for path in ("dashboards/grafana/config.py", "dashboards/kibana/palette.py"):
        written = re.findall(r"#[0-9A-Fa-f]{6}", (ROOT / path).read_text(encoding="utf-8"))
        assert len(written) == len(set(written)), path
    for file in (ROOT / "dashboards/grafana").rglob("*.py"):
        assert file.name == "config.py" or not re.search(r"#[0-9A-Fa-f]{6}", file.read_text(encoding="utf-8")), file


def test_unsupported_is_in_no_share() -> None:
    """Every query behind a share leaves out what no scorer speaks; so does what is drawn to 100 %."""
    for uid, panel in PANELS:
        math = [t for t in panel["targets"] if t.get("type") == "math"]
        stacked = panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") == "percent"
        if (math or stacked) and panel["title"] != "Share of voice":
            queries = [t["query"] for t in panel["targets"] if "query" in t]
            if uid == config.HISTORY:
                summed = {m["field"] for t in panel["targets"] for m in t.get("metrics", ())}
                assert summed <= {"window.negative", "window.scored", "window.complaints", "window.judged"}
                continue
            if uid == config.TOPICS_BOARD:
                # Sums of numbers of which none has them: tweets in a topic, and those that are scored.
                continue
            judged = ("label:negative", "NOT tweet.sentiment.label:unsupported", "tweet.complaint.label")
            assert all(any(part in query for part in judged) for query in queries), uid


TOPICS = next(board for board in BOARDS if board["uid"] == config.TOPICS_BOARD)


def test_topics_are_those_of_one_question() -> None:
    """Of one namespace, about the same tweets, at one time; and of one kind of document."""
    for panel in panels_of(TOPICS):
        (query,) = {target["query"] for target in panel["targets"]}
        chosen = 'run.namespace:"$namespace" AND run.about:"$about" AND run.names:"$found" AND topic.kind:'
        assert query.startswith(chosen), panel["title"]
        assert query.count("topic.kind:") == 1


def test_topics_open_on_the_newest_of_all_tweets() -> None:
    """As the documents call them; the newest is the first in the order of names."""
    variables = {v["name"]: v for v in TOPICS["templating"]["list"]}
    assert variables["about"]["current"]["value"] == EVERYTHING
    assert variables["found"]["current"]["value"] == NEWEST
    assert variables["found"]["sort"] == 2  # alphabetical, descending
    (over_time,) = [panel for panel in panels_of(TOPICS) if panel["type"] == "timeseries"]
    assert over_time["targets"][0]["bucketAggs"][0]["settings"]["size"] == str(MOST_K)


def test_topics_are_shown_whenever_their_time_begins() -> None:
    """All but the chart over time, which has the range of the board."""
    own = {panel["title"]: (panel.get("timeFrom"), panel.get("hideTimeOverride")) for panel in panels_of(TOPICS)}
    assert own.pop("Share of each topic over time") == (None, None)
    assert set(own.values()) == {("10y", True)}


def test_neighbouring_topics_differ_in_colour() -> None:
    """By the last figure of their numbers, whatever they are called."""
    (panel,) = [panel for panel in panels_of(TOPICS) if panel["type"] == "timeseries"]
    colours = {
        o["matcher"]["options"]: o["properties"][0]["value"]["fixedColor"] for o in panel["fieldConfig"]["overrides"]
    }
    found = [
        [colour for pattern, colour in colours.items() if re.search(pattern.strip("/"), f"{number}. 7. bag, 2. lost")]
        for number in range(1, MOST_K + 1)
    ]
    assert all(len(one) == 1 for one in found)
    assert len({one[0] for one in found[:10]}) == 10
    assert found[10:20] == found[:10]


def test_an_example_leads_to_its_tweet() -> None:
    """By its id, whenever it was written."""
    (panel,) = [panel for panel in panels_of(TOPICS) if panel["title"] == "Examples"]
    changes = {
        o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]}
        for o in panel["fieldConfig"]["overrides"]
    }
    (link,) = changes["topic.tweet"]["links"]
    url = link["url"].replace("${__value.raw}", "x:123")
    state = discover_state(url)
    assert state["query"]["query"] == 'event.id: "x:123"'
    assert state["timeRange"] == {"from": "now-10y", "to": "now"}
