"""Out of a server's last lines, one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.embedded.causes import cause, last_lines


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("java.io.IOException: No space left on device", "the disk is full"),
        ("org.apache.kafka.common.KafkaException: Socket server failed: Address already in use", "its port was taken"),
        ("Terminating due to java.lang.OutOfMemoryError: Java heap space", "there is not enough memory"),
        ("Initial heap size set to a larger value than the maximum heap size", "its memory is set wrong"),
        ("Too small maximum heap", "its memory is set wrong"),
        ("cannot downgrade a node from version [9.1.0] to version [8.19.21]", "its data is damaged or from another"),
        (
            "java.lang.RuntimeException: Invalid cluster.id in: /x/meta.properties",
            "its data is damaged or from another",
        ),
        ("failed to obtain node locks, tried [/x]; maybe these locations", "another process uses its data"),
        ("java.nio.file.AccessDeniedException: /x/data", "it may not read or write"),
        ("[main] ERROR something new and unheard of", "it said: [main] ERROR something new"),
        ("nothing special", "nothing in its log says why"),
    ],
)
def test_a_line_becomes_a_sentence(line: str, start: str) -> None:
    """Known lines are explained, an unknown complaint is quoted, silence is said to be silence."""
    assert cause(["an ordinary line", line, "\tat java.base/java.lang.Thread.run(Thread.java:840)"]).startswith(start)


def test_the_last_cause_counts() -> None:
    """The last error before the end is the cause."""
    lines = ["WARN No space left on device", "ERROR java.net.BindException: Address already in use"]
    assert cause(lines).startswith("its port was taken")


def test_arguments_and_notes_are_no_cause() -> None:
    """Elasticsearch writes its JVM's arguments down, which name memory errors."""
    assert cause(["INFO  [Elasticsearch] JVM arguments [-XX:+ExitOnOutOfMemoryError]"]).startswith("nothing in its log")


def test_logs_that_are_not_there_have_no_lines(tmp_path: Path) -> None:
    """Only the last lines of those that are there are read."""
    log = tmp_path / "a.log"
    log.write_text("1\n2\n3\n", encoding="utf-8")
    assert last_lines(log, tmp_path / "b.log", count=2) == ["2", "3"]
