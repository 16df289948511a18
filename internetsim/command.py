"""The command `internetsim`: what must be seen to before anything else is loaded."""

import gc

from internetsim import interruptions


def main() -> int:
    """Run the command line; returns the exit status. Ctrl-C is one word from here on.

    What a command loads stays: until it does its work nobody looks for garbage, which would take
    an eighth of the time of a short run.
    """
    interruptions.end_at_once()
    gc.disable()
    from internetsim.own_packages import require_own_packages  # noqa: PLC0415 - takes a while

    require_own_packages()
    from simulator.cli import app  # noqa: PLC0415 - ours, as has just been seen

    status = app.main()
    interruptions.come_too_late()
    return status
