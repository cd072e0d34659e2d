"""`python -m pipeline` and the command `tweetpulse`."""

from __future__ import annotations

import sys


def main() -> None:
    """Hand over to the command line."""
    try:
        from pipeline.cli.app import main as run

        sys.exit(run())
    except KeyboardInterrupt:
        # Before the command line is there to say so itself.
        sys.exit(130)


if __name__ == "__main__":
    main()
