from pipeline.domain.analysis import Analysis
from pipeline.domain.tweet import Kind, Tweet
from pipeline.scoring.vader import VaderScorer
class Analyzer:
    def __init__(self, settings): self._s = VaderScorer()
    def analyze(self, tweet: Tweet) -> Analysis:
        return Analysis(self._s.score(tweet.text), tweet.kind or Kind.ORIGINAL, (), (), tweet.entities, tweet.text, ())
