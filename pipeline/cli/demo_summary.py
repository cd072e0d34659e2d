"""What the demo says in the end."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.table import Table
from rich.text import Text

from pipeline.cli.app import out
from pipeline.cli.styles import LABELS
from pipeline.domain.alias import ALIAS
from pipeline.domain.document import SCORED, data_stream, escaped
from pipeline.domain.outcome import Outcome
from pipeline.domain.sentiment import Label
from pipeline.extras import missing
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.tally import Tally

ENTITIES = 10
"""So many are shown."""

_BAR = 30


@dataclass(frozen=True, slots=True)
class Drained:
    """The counts of a run, its duration, and the address of its metrics."""

    outcome: Outcome
    seconds: float
    metrics_url: str


def summarize_demo(drained: Drained, entities: Sequence[Tally], others: int, settings: Settings) -> None:
    """Print the accounting, the sentiments, the entities and the addresses.

    Args:
        drained: what became of the records.
        entities: as documents have them, those with most tweets.
        others: tweets of all other entities.
        settings: of the demo.
    """
    out.print()
    out.print(_books(drained.outcome, settings))
    out.print(_sentiments(drained.outcome))
    if entities:
        out.print(entity_table(entities, others))
    else:
        out.print("no tweet names an entity: name some in tweetpulse.toml, under [scoring.entities]", markup=False)
    rate = drained.outcome.read.total() / drained.seconds
    for line in (
        f"{rate:,.0f} records/s, the start of the query counted; metrics were at {drained.metrics_url}",
        f"Elasticsearch was at {settings.elasticsearch.url}, its tweets under the alias {ALIAS}",
        "`make demo KEEP=1` goes on with these tweets until Ctrl-C; `make demo FILE=tweets.csv` takes your own",
        _report(settings),
        f"the data stay in {settings.state_dir} until the next demo, or `{_program()} down --delete-data`",
    ):
        out.print(line, markup=False, soft_wrap=True)


def entity_table(entities: Sequence[Tally], others: int) -> Table:
    """The entities, and how many tweets name others. The names are whatever a file holds: none moves the cursor."""
    table = Table("entity", "tweets", "negative", box=None, pad_edge=False)
    for one in entities:
        share = one.negative / one.supported if one.supported else 0.0
        table.add_row(Text(escaped(one.entity.encode())), f"{one.tweets:,}", f"{share:.0%}")
    if others:
        table.add_row("others", f"{others:,}", "")
    return table


def _program() -> str:
    """The command as this user can call it: by its path, where its environment is not activated."""
    return "tweetpulse" if shutil.which("tweetpulse") else shlex.quote(sys.argv[0])


def _report(settings: Settings) -> str:
    call = f"{_program()} --state-dir {shlex.quote(str(settings.state_dir))} report"
    needs = "" if not missing("plots") else " (it needs `pip install 'tweetpulse[plots]'`)"
    return f"while it goes on, `{call}`, in another terminal, writes a page of what people say: report.html{needs}"


def _books(outcome: Outcome, settings: Settings) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    names = {"read": "records read", "indexed": "tweets indexed", "rejected": "records rejected"}
    for name, number in asdict(outcome.accounting(data_stream(SCORED, settings.elasticsearch.namespace))).items():
        table.add_row(names.get(name, name.replace("_", " ")), f"{number:,}")
    for reason, number in outcome.rejected.most_common():
        table.add_row(f"  {reason}", f"{number:,}")
    return table


def _sentiments(outcome: Outcome) -> Table:
    table = Table("sentiment", "tweets", "", box=None, pad_edge=False)
    most = max(outcome.scored.values(), default=1)
    for label in Label:
        number = outcome.scored[label]
        bar = "█" * round(number / most * _BAR)
        table.add_row(label, f"{number:,}", f"[{LABELS[label]}]{bar}[/]")
    return table
