"""What is seen to before anything else is loaded, by the command and by the three programs."""

import gc
import os
import sys

from internetsim import standard_streams


def begin_program() -> None:
    """Begin, without what no program needs: its log is JSON, and `rich` is for terminals.

    structlog loads it where it finds it, for tracebacks, and takes a fourth of the time of a start
    for that.
    """
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's word for: not to be found
    begin()


def begin() -> None:
    """Open what streams are missing, load fast, and refuse packages that are not ours.

    What is loaded stays: until the work begins nobody looks for garbage, which would take an eighth
    of the time of a short run. As long takes aiohttp, when it is imported, to read the certificates
    of all authorities that this computer trusts. Nothing here asks whom they vouch for: parties
    that speak TLS have their authority from the installation. pydantic would search all that is
    installed for plugins of its own; what we read needs none. Exits with status 2 where another
    distribution or a file of the user has one of our names.
    """
    standard_streams.open_closed()
    gc.disable()
    os.environ["SSL_CERT_FILE"] = os.devnull
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    from internetsim.own_packages import require_own_packages  # noqa: PLC0415 - takes a while

    require_own_packages()
