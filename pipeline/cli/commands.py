"""The table of all commands: where each is, and its line in `--help`, so that help need not import any of them."""

from __future__ import annotations

import importlib
from typing import NamedTuple


class Command(NamedTuple):
    """A command or a family of them.

    Attributes:
        module: in `pipeline.cli`; importing it registers the command.
        panel: the heading under which `--help` lists it.
        help: the first paragraph of the command's own help, as a test verifies.
    """

    module: str
    panel: str
    help: str


_START = "Start"
_PUBLISH = "Get tweets in"
_LOOK = "Look and operate"
_MODELS = "Models and labels"

COMMANDS = {
    "demo": Command(
        "demo", _START, "Start real servers, publish tweets, score and index them, and say what came of it."
    ),
    "up": Command(
        "stack",
        _START,
        "Start a Kafka broker and an Elasticsearch on this machine, in the background, and the exporter of their lag.",
    ),
    "down": Command("stack", _START, "Stop the servers that `up` started."),
    "setup": Command(
        "stream",
        _START,
        "Create topics, templates, data streams and the alias, repair those that differ, and print the differences.",
    ),
    "run": Command(
        "stream", _START, "Score the tweets in Kafka and index them into Elasticsearch, until Ctrl-C or SIGTERM."
    ),
    "windows": Command(
        "windows",
        _START,
        "Keep the long series: numbers of the scored tweets by minute and hour, until Ctrl-C or SIGTERM.",
    ),
    "collect": Command("collect_live", _PUBLISH, "Publish tweets from a live source, until Ctrl-C or SIGTERM."),
    "replay": Command(
        "sources",
        _PUBLISH,
        "Publish the tweets of files; their times are moved to the present, unless --rebase keep says otherwise.",
    ),
    "generate": Command("sources", _PUBLISH, "Publish invented tweets about invented brands."),
    "status": Command(
        "stack", _LOOK, "Report whether the servers run, and those of a demo; the exit code is 0 if all run, else 3."
    ),
    "watch": Command("watch", _LOOK, "Show throughput, lag, errors and sentiment live, until Ctrl-C."),
    "report": Command(
        "report",
        _LOOK,
        "Write a page of what people said in the last hours or days: one HTML file to print, to mail and to keep.",
    ),
    "topics": Command(
        "topics",
        _LOOK,
        "Find what tweets of a time are about: a page and a picture of the topics, and documents for boards.",
    ),
    "doctor": Command(
        "doctor",
        _LOOK,
        "Check everything that the stream needs, and print a cure for each fault; exit code 3 if there is one.",
    ),
    "health": Command(
        "health",
        _LOOK,
        "Report whether a process that serves /metrics answers here; the exit code is 0 if so, else 3.",
    ),
    "provision": Command("provision", _LOOK, "Import dashboards."),
    "annotate": Command(
        "annotate", _LOOK, "Note a campaign, an outage or a launch, which boards mark on the time axis."
    ),
    "rejected": Command("rejected", _LOOK, "List the rejected records, and send them again after a fix."),
    "forget": Command(
        "forget",
        _LOOK,
        "Delete tweets, or all tweets of users, from every index, and keep replays from bringing them back.",
    ),
    "archive": Command("archive", _LOOK, "Keep every record of the topic of tweets in a Delta table."),
    "reprocess": Command(
        "reprocess",
        _LOOK,
        "Score archived tweets again with today's scorers and champions, into another namespace.",
    ),
    "classify": Command(
        "classify",
        _MODELS,
        "Score a text as the stream does: VADER and the champions side by side, with the most important words.",
    ),
    "label": Command(
        "label",
        _MODELS,
        "Give a tweet a label: `tweetpulse label x:123 positive`. The next `tweetpulse retrain` learns from it.",
    ),
    "unlabel": Command(
        "label",
        _MODELS,
        "Take back what `tweetpulse label` said of a tweet. The next `tweetpulse retrain` no longer learns from it.",
    ),
    "train": Command(
        "train",
        _MODELS,
        "Train a model on labelled tweets, evaluate it on held-out rows, and publish it to the registry.",
    ),
    "evaluate": Command(
        "train", _MODELS, "Evaluate a version on labelled tweets, without the rows that it was trained on."
    ),
    "retrain": Command(
        "retrain",
        _MODELS,
        "Train each task that has new labelled rows, and promote the version if it is better than the champion.",
    ),
    "models": Command("models", _MODELS, "List, compare, promote and roll back trained models."),
}


def register(name: str) -> None:
    """Import the module that holds the command."""
    importlib.import_module(f"pipeline.cli.{COMMANDS[name].module}")
