"""The profile of a tweet: which stage a sample belongs to."""

from __future__ import annotations

import ast
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from bench.profile import OTHER, STAGES, stages
from tests.paths import ROOT

LIBRARIES = ("elastic_transport", "pyspark.sql.pandas")


def test_the_innermost_function_decides() -> None:
    """Of a stack the last frame that a stage names; without one it is other work."""
    lines = [
        "main (worker.py:1);_records (pipeline/stream/partition.py:9) 3",
        "LanguageDetector.detect (pipeline/scoring/detection.py:9);_FastText.predict (fasttext/FastText.py:7) 4",
        "score_chunk (pipeline/stream/chunk.py:9);decode (pipeline/domain/record.py:2);get (x.py:1) 5",
        "main (worker.py:1);score_chunk (pipeline/stream/chunk.py:9);dumps (pipeline/stream/chunk.py:2) 2",
        "main (worker.py:1);dumps (elsewhere/json.py:2) 1",
    ]
    assert stages(lines) == {"decode": 5, "language": 4, "Arrow in": 3, "JSON": 2, OTHER: 1}


def test_every_function_is_there() -> None:
    """A function that was renamed would count as other work, and nobody would know."""
    defined = _functions(ROOT / "pipeline")
    for name in LIBRARIES:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin
        for function, files in _functions(Path(spec.origin).parent).items():
            defined[function] |= files
    for functions in STAGES.values():
        for function in functions:
            name, _, file = function.partition(" ")
            assert name in defined, function
            assert not file or file in defined[name], function


def _functions(folder: Path) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                found[node.name].add(path.name)
    return found
