"""A client for live runs, with a bug: it never notices that its central CLA is lost."""

from licensing.words import Trigger
from nodes import service
from nodes.failover.machine import Failover, Reading, Transition
from nodes.system import NodeSettings
from runtime.host import Host

_happened = Failover.happened


def _deaf(self: Failover, trigger: Trigger, now: Reading) -> Transition | None:
    if trigger is Trigger.LOST:
        self._lost_at_ns = None
        return None
    return _happened(self, trigger, now)


async def serve(host: Host, settings: NodeSettings) -> None:
    """Our node; in a process of its own, as in a live run, there is no other."""
    Failover.happened = _deaf
    await service.serve(host, settings)
