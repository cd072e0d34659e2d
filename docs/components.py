"""Write the generated part of the pages in `components/`: `python docs/components.py`, or `--check` it.

What a component does, when to take it and its limits is written by hand, around that part.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import component_errors
import component_reasons as reasons
import reference_commands
import reference_settings
from generated import linked, part, settle
from metrics import Described, described
from metrics import table as table_of_metrics

from pipeline.components import SCORERS, SINKS
from pipeline.sources.table import LIVE_SOURCES, Entry

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).with_name("components")
COMMAND = "python docs/components.py"

SHARED = ("log.*", "components")
"""Settings of no component in particular."""
_NO_COMPONENT = ("pipeline/cli/*", "pipeline/domain/*", "*/__init__.py")


def _none() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Component:
    """What a page is about.

    Attributes:
        kind: the heading under which it is listed.
        code: its modules, as patterns of paths in the repository.
        settings: sections, or single settings.
        commands: names, without `tweetpulse`.
        metrics: patterns of their names, by where they are exposed.
        reasons: its closed lists as Markdown.
    """

    kind: str
    code: tuple[str, ...]
    settings: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Callable[[], str] = _none


_SCORING = ("analysis", "cache", "clean", "detection", "entities", "kind", "language", "lexicon", "names", "patterns")
_VADER = (*_SCORING, "stopwords", "vader", "vader_scorer", "valence", "word")
_MODELS = ("arrays", "features", "linear", "models", "opinions", "reading", "tokens")
_FILES = ("csv_rows", "files", "json_*", "layouts", "opening", "replay", "rows", "several", "times")
_OF_METRICS = tuple(
    f"telemetry.{name}" for name in ("host", "certificate_file", "key_file", "ca_file", "username", "password")
)


def _in(folder: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}.py" for name in names)


def _live(source: Entry) -> Component:
    return Component(
        "Sources",
        code=(f"pipeline/sources/{source.name}/*.py",),
        settings=(source.name,),
        commands=(f"collect {source.name}",),
        reasons=partial(reasons.of_a_source, source.make.waits),
    )


_KNOWN = {
    "vader": Component(
        "Scorers",
        code=_in("pipeline/scoring", _VADER),
        settings=("scoring",),
        commands=("classify",),
        metrics={"stream": ("tweetpulse_tweets_scored_total", "tweetpulse_entity_tweets_total")},
    ),
    "elasticsearch": Component(
        "Sinks",
        code=("pipeline/sinks/elasticsearch/*.py",),
        settings=("elasticsearch", "stream.repeat_horizon_hours"),
        commands=("setup",),
        metrics={
            "stream": (
                "tweetpulse_documents_*",
                "tweetpulse_bulk_*",
                "tweetpulse_ingest_delay_seconds",
                "tweetpulse_sink_waiting",
            )
        },
        reasons=reasons.of_elasticsearch,
    ),
}
"""Of the components that are found by name: what their table does not say."""

PAGES = {
    **{source.name: _live(source) for source in LIVE_SOURCES},
    "files": Component("Sources", code=_in("pipeline/sources", _FILES), commands=("replay",)),
    "synthetic": Component(
        "Sources", code=_in("pipeline/sources", ("synthetic", "moods", "phrases")), commands=("generate",)
    ),
    "collector": Component(
        "Sources",
        code=(
            "pipeline/sources/live/*.py",
            *_in("pipeline/sources", ("load", "pacing", "source", "table", "tokens")),
            "pipeline/telemetry/sources.py",
        ),
        settings=("telemetry.source_port",),
        commands=("collect", "health"),
        metrics={"source": ("tweetpulse_source_*",)},
        reasons=reasons.of_the_collector,
    ),
    **_KNOWN,
    "stream": Component(
        "The flow",
        code=(
            "pipeline/stream/*.py",
            "pipeline/geo/*.py",
            *_in("pipeline/telemetry", ("events", "listener", "metrics", "process")),
        ),
        settings=("stream", "places", "telemetry.stream_port"),
        commands=("run", "watch", "health"),
        metrics={
            "stream": (
                "tweetpulse_records_*",
                "tweetpulse_messages_truncated_total",
                "tweetpulse_batch_*",
                "tweetpulse_chunk_*",
                "tweetpulse_event_*",
                "tweetpulse_query_*",
                "tweetpulse_sink_waiting",
                "tweetpulse_trigger_interval_seconds",
                "tweetpulse_process_memory_bytes",
            )
        },
        reasons=reasons.of_the_stream,
    ),
    "windows": Component(
        "The flow",
        code=("pipeline/windows/*.py", "pipeline/telemetry/windows.py"),
        settings=("windows", "telemetry.windows_port"),
        commands=("windows",),
        metrics={"windows": ("*",)},
        reasons=reasons.of_windows,
    ),
    "kafka": Component(
        "The flow",
        code=("pipeline/kafka/*.py",),
        settings=("kafka",),
        commands=("setup", "rejected", "rejected list", "rejected replay"),
        metrics={
            "source": ("tweetpulse_source_refused_total", "tweetpulse_source_waiting"),
            "stream": ("tweetpulse_messages_truncated_total",),
        },
    ),
    "archive": Component(
        "The flow",
        code=("pipeline/archive/*.py", "pipeline/reprocess/*.py", "pipeline/telemetry/archive.py"),
        settings=("archive", "telemetry.archive_port"),
        commands=("archive", "archive run", "archive info", "archive compact", "archive vacuum", "reprocess"),
        metrics={"archive": ("tweetpulse_archive_*",)},
        reasons=reasons.of_the_archive,
    ),
    "training": Component(
        "Models",
        code=("pipeline/training/*.py",),
        settings=("models.training", "models.slice_margin", "models.driver_memory", "elasticsearch.labels_index"),
        commands=("train", "evaluate", "retrain", "label", "unlabel"),
    ),
    "registry": Component(
        "Models",
        code=("pipeline/registry/*.py", *_in("pipeline/scoring", _MODELS)),
        settings=("models.registry",),
        commands=(
            "models",
            "models list",
            "models show",
            "models promote",
            "models rollback",
            "models compare",
        ),
        metrics={"stream": ("tweetpulse_model_*", "tweetpulse_scorer_*", "tweetpulse_predictions_total")},
    ),
    "exporter": Component(
        "Around it",
        code=("exporters/*.py",),
        settings=("telemetry.exporter_port", *_OF_METRICS),
        commands=("health",),
        metrics={"exporter": ("*",)},
        reasons=reasons.of_the_exporter,
    ),
    "doctor": Component(
        "Around it", code=("pipeline/doctor/*.py",), commands=("doctor",), reasons=reasons.of_the_doctor
    ),
    "privacy": Component(
        "Around it",
        code=("pipeline/privacy/*.py", "pipeline/erasure/*.py"),
        settings=("privacy",),
        commands=("forget",),
    ),
    "report": Component("Around it", code=("pipeline/report/*.py",), commands=("report",)),
    "topics": Component(
        "Around it",
        code=("pipeline/topics/*.py",),
        settings=("elasticsearch.topics_index",),
        commands=("topics",),
        reasons=reasons.of_topics,
    ),
    "boards": Component(
        "Around it",
        code=("dashboards/*/__main__.py", "pipeline/sinks/kibana.py"),
        settings=("kibana",),
        commands=("provision", "provision kibana", "annotate"),
    ),
    "servers": Component(
        "Around it",
        code=("pipeline/embedded/*.py", "pipeline/jvm/*.py"),
        settings=("state_dir", "cache_dir", "embedded"),
        commands=("demo", "up", "down", "status"),
    ),
}


def pages() -> dict[Path, str]:
    """Each page with its generated part as it is now, and their list."""
    metrics, commands = described(), reference_commands.meanings()
    require_whole(metrics, commands)
    texts = {name: _page(name, _generated(one, metrics, commands)) for name, one in PAGES.items()}
    index = FOLDER / "README.md"
    wanted = {FOLDER / f"{name}.md": text for name, text in texts.items()}
    return wanted | {index: part(index.read_text(encoding="utf-8"), COMMAND, _index(texts))}


def require_whole(metrics: Mapping[str, Iterable[Described]], commands: Iterable[str]) -> None:
    """Check that each component, module, setting, command and metric is on a page.

    Raises:
        LookupError: it names what is on none.
    """
    named = [name for one in PAGES.values() for name in one.settings]
    missing = [
        *({*SCORERS, *SINKS} - PAGES.keys()),
        *(path for path in _modules() if not any(_has(one, path) for one in PAGES.values())),
        *(name for name in reference_settings.names() if not _is_named(name, named)),
        *(name for name in commands if not any(name in one.commands for one in PAGES.values())),
        *(one.name for where, those in metrics.items() for one in those if not _is_shown(where, one)),
    ]
    if missing:
        raise LookupError(f"{sorted(missing)[0]} is on no page: add it to a component in docs/components.py")


def _modules() -> Iterator[str]:
    for pattern in ("pipeline/*/**/*.py", "exporters/*.py"):
        for path in sorted(ROOT.glob(pattern)):
            relative = path.relative_to(ROOT).as_posix()
            if not any(fnmatch(relative, one) for one in _NO_COMPONENT):
                yield relative


def _has(component: Component, module: str) -> bool:
    return any(fnmatch(module, pattern) for pattern in component.code)


def _is_named(setting: str, named: Iterable[str]) -> bool:
    return any(setting == one or setting.startswith(f"{one}.") or fnmatch(setting, one) for one in (*named, *SHARED))


def _is_shown(where: str, metric: Described) -> bool:
    return any(fnmatch(metric.name, pattern) for one in PAGES.values() for pattern in one.metrics.get(where, ()))


def _page(name: str, generated: str) -> str:
    path = FOLDER / f"{name}.md"
    if not path.exists():
        raise LookupError(f"there is no page {path.relative_to(ROOT)}: write it as the others are, and into mkdocs.yml")
    return part(path.read_text(encoding="utf-8"), COMMAND, f"\n{linked(generated)}\n\n")


def _generated(one: Component, metrics: Mapping[str, list[Described]], commands: Mapping[str, str]) -> str:
    parts = (
        _settings(one),
        _commands(one, commands),
        _metrics(one, metrics),
        one.reasons(),
        component_errors.section(_paths(one)),
        _code(one),
    )
    return "\n\n".join(filter(None, parts))


def _settings(one: Component) -> str:
    if not one.settings:
        return ""
    told = "Each has an environment variable, too: [settings](../reference/settings.md)."
    return f"## Settings\n\n{told}\n\n{reference_settings.table(one.settings, without=['variable'])}"


def _commands(one: Component, meanings: Mapping[str, str]) -> str:
    rows = [
        f"| [`tweetpulse {name}`](../reference/commands.md#tweetpulse-{name.replace(' ', '-')}) | {meanings[name]} |"
        for name in one.commands
    ]
    return "\n".join(["## Commands", "", "| command | |", "| - | - |", *rows]) if rows else ""


def _metrics(one: Component, metrics: Mapping[str, list[Described]]) -> str:
    found = [
        metric
        for where, patterns in one.metrics.items()
        for metric in metrics[where]
        if any(fnmatch(metric.name, pattern) for pattern in patterns)
    ]
    return f"## Metrics\n\n{table_of_metrics(found)}" if found else ""


def _code(one: Component) -> str:
    rows = [
        f"| [`{path.relative_to(ROOT).as_posix()}`](../../{path.relative_to(ROOT).as_posix()}) | {_first(path)} |"
        for path in _paths(one)
    ]
    return "\n".join(["## Code", "", "| module | |", "| - | - |", *rows])


def _paths(one: Component) -> list[Path]:
    found = {path for pattern in one.code for path in ROOT.glob(pattern) if path.name != "__init__.py"}
    return sorted(found)


def _first(module: Path) -> str:
    """The first paragraph of its docstring."""
    told = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(told.split("\n\n")[0].split()).replace("|", "\\|")


def _index(texts: Mapping[str, str]) -> str:
    """The pages by their kind, each with its first sentence."""
    found = []
    for kind in dict.fromkeys(one.kind for one in PAGES.values()):
        rows = [
            f"| [{_title(texts[name])}]({name}.md) | {_sentence(texts[name])} |"
            for name in PAGES
            if PAGES[name].kind == kind
        ]
        found.append("\n".join([f"## {kind}", "", "| page | |", "| - | - |", *rows]))
    return "\n" + "\n\n".join(found) + "\n\n"


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _sentence(text: str) -> str:
    """The first sentence below the title."""
    paragraph = " ".join(text.split("\n\n")[1].split())
    found = re.match(r"(.+?\.)(?: |$)", paragraph)
    return found[1] if found else paragraph


if __name__ == "__main__":
    sys.exit(settle(pages(), COMMAND, FOLDER.glob("*.md")))
