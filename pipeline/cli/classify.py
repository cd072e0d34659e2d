"""`classify`: what the pipeline would say of a text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import orjson
import typer

from pipeline import bootstrap
from pipeline.cli.app import app, err, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.styles import LABELS
from pipeline.components import scorers_of
from pipeline.domain.prediction import COMPLAINT, Prediction, Task
from pipeline.domain.sentiment import SCORED, UNSUPPORTED, Label, Sentiment
from pipeline.errors import ConfigError, PipelineError
from pipeline.ports import Explaining, Model
from pipeline.registry.manifest import MODEL
from pipeline.registry.registry import Registry
from pipeline.scoring.analysis import Analyzer, asked
from pipeline.scoring.language import speaks
from pipeline.scoring.opinions import opinions
from pipeline.settings import Settings

Words = list[tuple[str, float]]

_COLOURS = {COMPLAINT: "red"} | {str(label): colour for label, colour in LABELS.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A champion's prediction for a text, and the words that weighed most."""

    name: str
    prediction: Prediction
    words: Words


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentiment of a text, and each champion's prediction. `lang` is None if the text does not tell it."""

    lang: str | None
    sentiment: Sentiment
    words: Words
    said: tuple[Said, ...]


class Classifier:
    """Says of a text what the stream would, and why."""

    def __init__(self, analyzer: Analyzer, models: Mapping[Task, Model]) -> None:
        self._analyzer = analyzer
        self._models = models

    def classify(self, text: str) -> Verdict:
        """The scorer's sentiment and the champions' predictions; nothing of a language that nobody speaks."""
        lang = self._analyzer.language_of(text)
        scorer = self._analyzer.scorer_of(lang)
        if scorer is None:
            return Verdict(lang, UNSUPPORTED, [], ())
        (sentiment,) = asked(scorer, [text])
        words = scorer.explain(text) if isinstance(scorer, Explaining) else []
        return Verdict(lang, sentiment, words, tuple(self._said(text, lang)))

    def _said(self, text: str, lang: str | None) -> Iterator[Said]:
        (opinion,) = opinions({task: one for task, one in self._models.items() if speaks(lang, one.languages)}, [text])
        for task, name, prediction in (
            (Task.SENTIMENT, "model", opinion.sentiment),
            (Task.COMPLAINT, "complaint", opinion.complaint),
            (Task.REASON, "reason", opinion.reason),
        ):
            if prediction is not None:
                yield Said(name, prediction, self._models[task].explain(text))


@app.command()
def classify(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT...", help="Texts, or - to read one text per line from standard input."),
    ] = None,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Let VADER also score @mentions and names of brands.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per text.")] = False,
) -> None:
    """Score a text as the stream does: VADER and the champions side by side, with the most important words."""
    if not texts and sys.stdin.isatty():
        raise ConfigError("there is nothing to classify: give a text, or - and one a line on standard input")
    is_piped = not texts or texts == ["-"]
    settings = current_settings()
    settings = _verbatim(settings) if verbatim else settings
    analyzer = Analyzer(settings.scoring, scorers_of(settings))
    classifier = Classifier(analyzer, champions(bootstrap.registry(settings)))
    for one in _lines() if is_piped else texts or ():
        verdict = classifier.classify(one)
        if as_json or is_piped:
            sys.stdout.buffer.write(_json(one, verdict) + b"\n")
            sys.stdout.buffer.flush()
        else:
            _show(one if len(texts or ()) > 1 else None, verdict)


def _verbatim(settings: Settings) -> Settings:
    return settings.model_copy(update={"scoring": settings.scoring.model_copy(update={"drop_mentions": False})})


def champions(registry: Registry) -> dict[Task, Model]:
    """The models in use. What can't be loaded is told and left out, as the stream does; that there is none, too."""
    found = {}
    for task in Task:
        try:
            version = registry.champion(task)
            if version is not None:
                # Only here: without a champion nobody waits for numpy.
                from pipeline.stream.champions import load_model

                found[task] = load_model(registry.read(task, version, MODEL), task, version)
        except PipelineError as error:
            err.print(f"without the model of {task}: {error.message}", markup=False, soft_wrap=True)
    if not found:
        err.print("no model is in use: VADER alone (`tweetpulse models promote` changes that)", soft_wrap=True)
    return found


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _json(text: str, verdict: Verdict) -> bytes:
    # An argument that is not UTF-8 has surrogates in it, which JSON has not.
    shown = text.encode("utf-8", "replace").decode()
    said = {"text": shown, "lang": verdict.lang}
    fields: dict[str, Any] = said | asdict(verdict.sentiment) | {"words": verdict.words}
    return orjson.dumps(fields | {one.name: asdict(one.prediction) | {"words": one.words} for one in verdict.said})


def _show(text: str | None, verdict: Verdict) -> None:
    if text is not None:
        out.print("".join(filter(str.isprintable, text)), style="dim", markup=False, soft_wrap=True)
    sentiment = verdict.sentiment
    if sentiment.label is Label.UNSUPPORTED:
        out.print(f"unsupported  the language seems to be {verdict.lang}, which no scorer speaks (docs/extending.md)")
        return
    out.print(f"[bold {LABELS[sentiment.label]}]{sentiment.label}[/]" + _compound(sentiment))
    for name in SCORED:
        share = getattr(sentiment, name) or 0.0
        out.print(f"  {name:<9}{share:6.1%} [{LABELS[name]}]{'█' * round(share * 40)}[/]")
    _show_words(verdict.words)
    for one in verdict.said:
        said, colour = one.prediction, _COLOURS.get(one.prediction.label, "default")
        out.print(f"{one.name}: [bold {colour}]{said.label}[/]  {said.probability:.1%}  [dim]{said.version}[/]")
        _show_words(one.words)


def _compound(sentiment: Sentiment) -> str:
    return "" if sentiment.compound is None else f"  compound {sentiment.compound:+.4f}"


def _show_words(words: Iterable[tuple[str, float]]) -> None:
    # A word is a piece of what somebody wrote: it must not move the cursor.
    shown = ", ".join(f"{''.join(filter(str.isprintable, word))} {weight:+.1f}" for word, weight in words)
    if shown:
        out.print(f"  words    {shown}", markup=False, soft_wrap=True)
