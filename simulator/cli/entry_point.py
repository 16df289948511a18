"""Where `internetsim` starts: interruptions are seen to before anything else is loaded."""

from simulator.cli import interruptions


def main() -> int:
    """Run the command line on the process's own arguments; returns the exit status."""
    interruptions.end_at_once()
    from simulator.cli import app  # noqa: PLC0415 - takes a while, in which Ctrl-C must not be lost

    return app.main()
