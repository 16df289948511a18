"""The central CLA with a planted fault: at each start it forgets the stations that it has granted.

A program of its own, `python -m tests.reliability.forgetful_cla`: a real process cannot be patched.
"""

import sys

from master_cla.holdings import Grant
from master_cla.service import AgentSettings, serve
from master_cla.store.store import ClaStore
from runtime.process import run_program

_read = ClaStore.grants


def _without_stations(self: ClaStore) -> dict[str, list[Grant]]:
    return {
        node: [grant for grant in grants if grant.license != "ip"]
        for node, grants in _read(self).items()
    }


if __name__ == "__main__":
    ClaStore.grants = _without_stations  # type: ignore[method-assign]
    sys.exit(run_program("master_cla", "A planted fault.", AgentSettings, serve))
