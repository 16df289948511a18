"""The command `internetsim`."""

from internetsim import interruptions, start
from internetsim.frame_room import with_room


def main() -> int:
    """Run the command line; returns the exit status. Ctrl-C is one word from here on.

    Imports call as deep as loops do, and so does a plan, so all of it has room.
    """
    interruptions.end_at_once()
    return with_room(_run)


def _run() -> int:
    start.begin()
    from simulator.cli import app  # noqa: PLC0415 - ours, as has just been seen

    status = app.main()
    interruptions.come_too_late()
    return status
