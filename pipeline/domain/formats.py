"""Files that outlive a program name the version of their format: one that is too new is refused, and never dropped."""

from __future__ import annotations

from pipeline.errors import NewerFormat


def check_format(what: str, found: object, known: int) -> None:
    """Refuse what a newer program wrote; anything that is no number is for the reader of the file to judge.

    Args:
        what: the file, as a person knows it.
        found: the version that it names.
        known: the newest that this program reads.

    Raises:
        NewerFormat: it is newer.
    """
    if isinstance(found, int) and found > known:
        raise NewerFormat(
            f"{what} was written by a newer version of tweetpulse (format {found}, and this one reads up to {known}): "
            "update tweetpulse, or restore the copy from before the update"
        )
