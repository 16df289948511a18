"""Whether an internetwork that somebody has can be explored, and what its runs must reach."""

from collections.abc import Sequence

from simulator.explore.draws import undrawn
from simulator.explore.draws.given_sites import NotExplorable
from simulator.explore.played_run import played
from simulator.explore.reached import ENDS, ends_in
from simulator.scenario import parse_scenario


def require_licensed(given: str) -> None:
    """Raise `NotExplorable` where not all nodes are regular before anything is drawn.

    `given` is a plain scenario. Without a way to the license server, or with fewer networking
    licenses than slaves, each run would fail, and say nothing of faults.
    """
    run = played(undrawn(given), mended=False)
    if run.rule == "O8":
        raise NotExplorable(
            "not all nodes are regular once every order is activated and all is unlocked, before"
            f" anything is drawn: {run.says.partition('got ')[2] or run.says}"
        )


def expected_ends(given: str) -> Sequence[str]:
    """Ends that some of very many runs in the plain scenario `given` must reach; "" is any."""
    return ends_in(parse_scenario(given)) if given else ENDS
