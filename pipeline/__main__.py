"""`python -m pipeline` and the command `tweetpulse`."""

from __future__ import annotations

import sys

from pipeline import __version__


def main() -> None:
    """Hand over to the command line."""
    if sys.argv[1:] == ["--version"]:
        # It needs none of the commands, whose imports take a second or two.
        sys.stdout.write(f"tweetpulse {__version__}\n")
        return
    try:
        from pipeline.cli.app import main as run

        sys.exit(run())
    except KeyboardInterrupt:
        # Before the command line is there to say so itself.
        sys.exit(130)


if __name__ == "__main__":
    main()
