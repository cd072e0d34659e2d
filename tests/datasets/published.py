"""The real data sets: where their publishers have them, under which licence, and what is not fetched.

Each address names one commit of the publisher's repository; `checksums.txt` has the SHA-256 and the size of each file.
They were confirmed in copies of these repositories: at these commits, these paths have these checksums. The addresses
themselves were never tried over the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.datasets import tables

CHECKSUMS = Path(__file__).with_name("checksums.txt")


@dataclass(frozen=True, slots=True)
class File:
    """A file as its publisher has it.

    Attributes:
        name: its path in the folder of the data sets.
        size: in bytes.
        sha256: of its content, in hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set that may be fetched.

    Attributes:
        name: the folder of its files.
        what: it is, and whose.
        licence: as its publisher states it.
        address: of the folder at the publisher's, with a slash at its end.
        files: what is kept.
        archive: an archive (`.tar.gz`) that is fetched instead; the files are in it, in a folder of its name.
    """

    name: str
    what: str
    licence: str
    address: str
    files: Sequence[File]
    archive: File | None = None

    @property
    def fetched(self) -> Sequence[File]:
        """What has to be downloaded."""
        return [self.archive] if self.archive else self.files

    def url(self, file: File) -> str:
        """The address of a file that has to be downloaded."""
        return self.address + file.name.removeprefix(f"{self.name}/")


BY_HAND: Mapping[str, str] = {
    tables.AIRLINE: "the earliest 80 % of Crowdflower's tweets about US airlines, by time (CC BY-NC-SA 4.0); all: "
    "https://www.kaggle.com/datasets/crowdflower/twitter-airline-sentiment",
    tables.SEMEVAL: "the training files of SemEval-2017, task 4 A, in one, with the times that the ids hold (Twitter's "
    "terms); the task: http://alt.qcri.org/semeval2017/task4/",
    tables.KAGGLE: "most of Kaggle's twitter-entity-sentiment-analysis (no licence is stated)",
    tables.KAGGLE_VALIDATION: "the other file of the same set",
    tables.COMPLAINTS: "most of the complaints of Preotiuc-Pietro, Gaman and Aletras, ACL 2019 (no licence is stated)",
    tables.ASOS: "tweets to a shop (neither a licence nor a publisher is known)",
}
"""File → what it is. Each was made of a publisher's file, and no address of one could be confirmed."""


def data_sets() -> list[DataSet]:
    """Those that may be fetched."""
    files = listed(CHECKSUMS.read_text(encoding="utf-8"))
    raw = "https://raw.githubusercontent.com"
    return [
        DataSet(
            "twitter_v2",
            "answers of X's API v2, with real people's names: test data of twarc-csv, Documenting the Now",
            "MIT",
            f"{raw}/DocNow/twarc-csv/d77da935c6b6b1deb9fff529f4e551c0091ba789/test-data/",
            _of("twitter_v2", files),
        ),
        DataSet(
            "vader",
            "tweets that people rated: VADER, Hutto and Gilbert, ICWSM 2014",
            "MIT",
            f"{raw}/cjhutto/vaderSentiment/44fc044cd877310ee8278a0eadf34bcd50d41d06/additional_resources/",
            [files[tables.VADER]],
            files["vader/hutto_ICWSM_2014.tar.gz"],
        ),
        DataSet(
            "xlmt_umsab",
            "tweets with sentiments in eight languages: UMSAB, of XLM-T, Cardiff NLP",
            "Apache-2.0 for the repository; Twitter's terms, and those of the sets that it was made of, for the tweets",
            f"{raw}/cardiffnlp/xlm-t/874214d64d96599eb869a033c22ec2cc57d19256/data/sentiment/",
            _of("xlmt_umsab", files),
        ),
    ]


def listed(text: str) -> dict[str, File]:
    """The files in a list: checksum, size and path on each line."""
    lines = (line.split("  ") for line in text.splitlines())
    return {name: File(name, int(size), sha256) for sha256, size, name in lines}


def _of(folder: str, files: Mapping[str, File]) -> list[File]:
    return [file for name, file in files.items() if name.startswith(f"{folder}/")]
