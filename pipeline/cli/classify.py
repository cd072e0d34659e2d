"""`classify`: what the pipeline would say of a text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from pipeline.cli.app import app, out
from pipeline.cli.app import settings as current_settings
from pipeline.cli.styles import LABELS
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.scoring.analysis import Analyzer


@app.command()
def classify(
    text: Annotated[str, typer.Argument(help="A text, or - for one a line on standard input.")],
    verbatim: Annotated[bool, typer.Option("--verbatim", help="Score @mentions and names of brands too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score a text as the stream would."""
    analyzer = Analyzer(current_settings().scoring)
    if text == "-":
        for line in _lines():
            sys.stdout.buffer.write(_json(analyzer.classify(line, verbatim)) + b"\n")
            sys.stdout.buffer.flush()
        return
    sentiment = analyzer.classify(text, verbatim)
    if as_json:
        sys.stdout.buffer.write(_json(sentiment) + b"\n")
    else:
        _show(sentiment)


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _json(sentiment: Sentiment) -> bytes:
    return orjson.dumps(asdict(sentiment))


def _show(sentiment: Sentiment) -> None:
    colour = LABELS[sentiment.label]
    out.print(f"[bold {colour}]{sentiment.label}[/]  compound {sentiment.compound:+.4f}")
    for name in ("negative", "neutral", "positive"):
        share = getattr(sentiment, name)
        out.print(f"  {name:<9}{share:6.1%} [{LABELS[Label(name)]}]{'█' * round(share * 40)}[/]")
