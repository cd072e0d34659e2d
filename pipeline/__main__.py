"""`python -m pipeline` and the command `tweetpulse`."""

from __future__ import annotations

import sys


def main() -> None:
    """Hand over to the command line."""
    from pipeline.cli.app import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
