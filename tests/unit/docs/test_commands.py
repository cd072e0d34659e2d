"""The command lines of the pages: each would be understood by the real command line. None is executed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from exporters.__main__ import _parser as exporter_parser
from pipeline.cli.app import with_imported
from pipeline.cli.commands import COMMANDS
from tests import pages
from tests.paths import ROOT

Words = list[str]

_SIGNS = set("|;&()<>")
_COMMON = {"--help", "--install-completion", "--show-completion"}
_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def lines(block: str) -> Iterator[Words]:
    """The simple commands of a block of shell, without redirections and settings in front."""
    for line in block.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        yield from _commands(list(lexer))


def _commands(words: Words) -> Iterator[Words]:
    command: Words = []
    for word in [*words, ";"]:
        if not set(word) <= _SIGNS:
            command.append(word)
        elif word not in ("<", ">", ">>"):
            yield _bare(command)
            command = []


def _bare(command: Words) -> Words:
    while command and (command[0] == "export" or re.match(r"[A-Z_]+=", command[0])):
        command = command[1:]
    return [word for word in command if word not in ("…", "...")]


@cache
def root() -> Any:
    return with_imported(*COMMANDS)


def understand(words: Words) -> None:
    """Parse a command line of ours as it would be parsed; whatever is wrong is raised."""
    if words[0] == "tweetpulse-exporter":
        exporter_parser().parse_args(words[1:])
        return
    command, context, rest = root(), None, words[1:]
    while True:
        context = command.make_context(words[0], rest, parent=context)
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        if not rest:
            return
        _, command, rest = command.resolve_command(context, rest)


def unknown(words: Words) -> list[str]:
    """The commands and options in a line that are not there; the rest of it may be left out, or stand for something."""
    command, left, rest = root(), [], iter(words[1:])
    for word in rest:
        options = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
        below = getattr(command, "commands", {})
        if word.startswith("--"):
            if word not in options.keys() | _COMMON:
                left.append(word)
            elif word in options and not options[word].is_flag:
                next(rest, None)
        elif word in below:
            command = below[word]
        elif below and re.fullmatch("[a-z-]+", word):
            left.append(word)
    return left


IN_BLOCKS = [
    (page, words)
    for page in pages.PAGES
    for block in pages.blocks(page, "sh")
    for words in lines(block)
    if words and words[0] in ("tweetpulse", "tweetpulse-exporter")
]
IN_SENTENCES = [
    (page, shlex.split(code.replace("'", "").replace("…", "")))
    for page in pages.PAGES
    for code in pages.code(page)
    if code.startswith("tweetpulse ")
]
MADE = [
    (page, word)
    for page in pages.PAGES
    for block in pages.blocks(page, "sh")
    for words in lines(block)
    if words and words[0] == "make"
    for word in words[1:]
    if "=" not in word
]


@pytest.mark.parametrize(("page", "words"), IN_BLOCKS, ids=[" ".join(words) for _, words in IN_BLOCKS])
def test_a_command_line_is_understood(page: str, words: Words) -> None:
    """The command, its options and their values, as the command line itself reads them."""
    understand(words)


@pytest.mark.parametrize(("page", "words"), IN_SENTENCES, ids=[" ".join(words) for _, words in IN_SENTENCES])
def test_a_command_in_a_sentence_is_there(page: str, words: Words) -> None:
    """With its options; what it is about may be left out."""
    assert unknown(words) == []


@pytest.mark.parametrize(("page", "target"), MADE)
def test_what_make_is_asked_for_is_there(page: str, target: str) -> None:
    assert target in _TARGETS


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("tweetpulse rum", "rum"),
        ("tweetpulse run --onse", "--onse"),
        ("tweetpulse --state-dir /srv models promot V", "promot"),
    ],
)
def test_a_typo_is_noticed(line: str, wrong: str) -> None:
    """In a block and in a sentence."""
    words = shlex.split(line)
    with pytest.raises(Exception, match=wrong):
        understand(words)
    assert unknown(words) == [wrong]


def test_a_wrong_value_is_noticed() -> None:
    with pytest.raises(Exception, match="mood"):
        understand(["tweetpulse", "train", "mood", "--data", "a.csv"])


def test_shell_is_taken_apart() -> None:
    """Comments, pipes, settings in front, continued lines."""
    block = "A=1 tweetpulse run  # why\ncurl x | tweetpulse replay - > log\nmake demo \\\n  KEEP=1 && true\n"
    assert [words for words in lines(block) if words] == [
        ["tweetpulse", "run"],
        ["curl", "x"],
        ["tweetpulse", "replay", "-", "log"],
        ["make", "demo", "KEEP=1"],
        ["true"],
    ]
