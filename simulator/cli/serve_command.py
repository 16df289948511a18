"""What `internetsim serve` does; only `app` imports this, when it runs."""

import os
import sys

from simulator.cli.named_scenarios import Called, load, warn
from simulator.cli.wrong_call import WrongCall
from simulator.loop.pace import Gate, Pace, times
from simulator.loop.runner import run
from simulator.serve.serve import PortUnavailable, serve

DEMO = "slave-cut-off-31-days"
"""What is shown to whoever names no scenario."""


def open_internetwork(
    named: Called, *, demo: bool, port: int, rate: float, seed: int | None
) -> int:
    """Serve a scenario's internetwork until Ctrl-C, its regular end; raises `WrongCall`."""
    if not named.files:
        raise WrongCall("name a scenario, or say --demo")
    if not 0 <= port <= 65_535:
        raise WrongCall(f"--port takes a number up to 65535, not {port}")
    pace = _pace(rate)
    ((_, scenario),) = load(named)
    warn(scenario)

    def ready(opened: int) -> None:
        sys.stdout.write(f"Open http://localhost:{opened}/ - Ctrl-C ends it.\n")
        sys.stdout.flush()

    sys.stdout.write(f"Switching on {len(scenario.internetwork.nodes)} nodes ...\n")
    sys.stdout.flush()
    main = serve(scenario, demo=demo, port=port, pace=pace, seed=seed, ready=ready)
    try:
        run(main, gate=Gate(is_open=True))
    except KeyboardInterrupt:
        sys.stdout.write("\nEverything is switched off.\n")
        return 0
    except PortUnavailable as error:
        reason = os.strerror(error.errno or 0).lower()
        raise WrongCall(f"port {port} cannot be had: {reason}; --port takes another") from error
    return 0


def _pace(rate: float) -> Pace:
    try:
        return times(rate)
    except ValueError as error:
        raise WrongCall(f"--rate: {error}") from error
