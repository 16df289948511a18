"""`python -m deaf_node`: a node with a bug, which never notices that its central CLA is lost."""

import runpy

from licensing.words import Trigger
from nodes.failover.machine import Failover, Reading, Transition

_happened = Failover.happened


def _deaf(self: Failover, trigger: Trigger, now: Reading) -> Transition | None:
    if trigger is Trigger.LOST:
        self._lost_at_ns = None
        return None
    return _happened(self, trigger, now)


if __name__ == "__main__":
    Failover.happened = _deaf
    runpy.run_module("nodes", run_name="__main__")
