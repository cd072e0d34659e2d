"""The root command, its options, and how errors end a command."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from pipeline import __version__
from pipeline.cli.commands import COMMANDS, register
from pipeline.errors import PipelineError, SetupError
from pipeline.standard_streams import StandardError, StandardOutput

if TYPE_CHECKING:
    from pipeline.settings import Settings


class Commands(TyperGroup):
    """Imports a command when it is called: all of them take seconds, their names and help nothing."""

    def __init__(self, *, commands: Any = None, **attributes: Any) -> None:
        listed = {name: TyperCommand(name, help=one.help, rich_help_panel=one.panel) for name, one in COMMANDS.items()}
        super().__init__(commands=listed | (commands or {}), **attributes)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, imported."""
        if args[0] in COMMANDS:
            self.commands[args[0]] = with_imported(args[0]).commands[args[0]]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="tweetpulse",
    cls=Commands,
    help="What the world says about a brand, live: tweets through Kafka and Spark into Elasticsearch.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def with_imported(*names: str) -> TyperGroup:
    """`tweetpulse` with these commands imported; of the others it has names and help."""
    for name in names:
        register(name)
    # typer makes the commands from what is registered, so they are made again with the new ones.
    return typer.main.get_group(app)


out = Console(file=cast(IO[str], StandardOutput()), highlight=False)
err = Console(file=cast(IO[str], StandardError()), highlight=False)

UNBOUNDED = 10_000
"""Columns of a pipe or a file: what reads it wants whole ids."""

_overrides: dict[str, Any] = {}
_debug = False


@app.callback(invoke_without_command=True)
def _root(
    state_dir: Annotated[
        Path | None,
        typer.Option(help="The folder for the state of servers and checkpoints; one stack per folder.", readable=False),
    ] = None,
    debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    global _debug
    _debug = debug
    _overrides.clear()
    if state_dir is not None:
        _overrides["state_dir"] = state_dir.absolute()
    if version:
        out.print(f"tweetpulse {__version__}")
        raise typer.Exit


def settings() -> Settings:
    """This call's settings, with logging set up by them."""
    # Only here: help needs none, and they take long to import.
    from pipeline import log
    from pipeline.settings import load

    loaded = load(**_overrides)
    log.configure(loaded.log)
    return loaded


def main() -> int:
    """Run the command line; the exit code is the error's own (see `pipeline.errors`)."""
    if not out.is_terminal:
        out.width = UNBOUNDED
    try:
        app()
    except PipelineError as error:
        if _debug:
            raise
        err.print(f"tweetpulse: {error.message}", markup=False, soft_wrap=True)
        return error.exit_code
    except PermissionError as error:
        if _debug:
            raise
        err.print(f"tweetpulse: {_denied(error)}", markup=False, soft_wrap=True)
        return SetupError.exit_code
    except Exception as error:
        if _debug:
            raise
        # Its message may quote a tweet, so only its kind is shown.
        err.print(
            f"tweetpulse: unexpected {type(error).__name__}: see more with `tweetpulse --debug ...`, and report it",
            soft_wrap=True,
        )
        return 1
    return 0


def _denied(error: PermissionError) -> str:
    path = error.filename.decode(errors="replace") if isinstance(error.filename, bytes) else error.filename
    what = path or "something that this command needs"
    return (
        f"{what} is not this user's to read or write: run it as its owner, or choose other folders with --state-dir "
        "and TWEETPULSE_CACHE_DIR"
    )
