"""The command `internetsim`: what must be seen to before anything else is loaded."""

import gc
import os

from internetsim import interruptions, standard_streams


def main() -> int:
    """Run the command line; returns the exit status. Ctrl-C is one word from here on.

    What a command loads stays: until it does its work nobody looks for garbage, which would take
    an eighth of the time of a short run. As long takes aiohttp, when it is imported, to read the
    certificates of all authorities that this computer trusts. Nothing here asks whom they vouch
    for: parties that speak TLS have their authority from the installation.
    """
    interruptions.end_at_once()
    standard_streams.open_closed()
    gc.disable()
    os.environ["SSL_CERT_FILE"] = os.devnull
    from internetsim.own_packages import require_own_packages  # noqa: PLC0415 - takes a while

    require_own_packages()
    from simulator.cli import app  # noqa: PLC0415 - ours, as has just been seen

    status = app.main()
    interruptions.come_too_late()
    return status
