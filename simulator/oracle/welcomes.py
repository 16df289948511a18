"""O0 where one party says nothing: a node that its CLA has welcomed states that it was welcomed.

Judged is a session in which nothing was in the way of its welcome for `_LONG_NS`: else a dialing
may have failed. A node that states no facts at all would break no other rule.
"""

from typing import Final

from licensing.events import (
    BandwidthChanged,
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRefused,
    HostCrashed,
    HostFrozen,
    HostStopped,
    LatencyChanged,
    LeaseRefused,
    LinkCut,
    LinkFaulted,
    LinkHealed,
    LossChanged,
    ProgramEnded,
    RunEnded,
    SessionEnded,
    SessionOpened,
    TransitFailed,
    TransitRepaired,
)
from licensing.policies import TIMING
from simulator.network.virtual_time import LONG_AGO_NS
from simulator.oracle.picture import Handlers, Picture

_LONG_NS: Final = 2 * TIMING.dial_ns
"""A node that has no welcome after half of it gives up, and then its session ends."""

_CALM_NS: Final = 5 * TIMING.dial_ns
"""So long after a fault of a link routes and connections may still be about to change."""

_LINK_FACTS: Final = (
    BandwidthChanged, LatencyChanged, LinkCut, LinkFaulted, LinkHealed, TransitFailed,
    TransitRepaired,
)  # fmt: skip
_HOST_FACTS: Final = (HostCrashed, HostFrozen, HostStopped, ProgramEnded)
_ANSWERS: Final = (ConnectionEstablished, ConnectionLost, ConnectionRefused, LeaseRefused)


class Welcomes:
    """The sessions in which the node has not stated yet that it is welcome."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._opened: dict[str, tuple[str, int]] = {}
        """By node, the CLA that has welcomed it, and when (ns)."""
        self._answered_ns: dict[str, int] = {}
        self._disturbed_ns = LONG_AGO_NS
        self._lossy = False
        self.handlers: Handlers = {
            SessionOpened: self._session_opened,
            SessionEnded: self._session_ended,
            LossChanged: self._loss_changed,
            RunEnded: self._all_over,
            **dict.fromkeys(_ANSWERS, self._answered),
            **dict.fromkeys(_LINK_FACTS, self._link_changed),
            **dict.fromkeys(_HOST_FACTS, self._host_ended),
        }

    def _session_opened(self, host: str, fact: SessionOpened) -> None:
        now_ns, node = self._picture.now_ns, self._picture.nodes[fact.node]
        self._end(fact.node)
        calm = not self._lossy and now_ns - self._disturbed_ns > _CALM_NS
        # In a live run the node may state it first.
        answered_ns = self._answered_ns.get(fact.node, LONG_AGO_NS)
        waits = now_ns - answered_ns > self._picture.tolerance_ns(answered_ns, now_ns)
        if calm and node.up and waits:
            self._opened[fact.node] = (host, now_ns)

    def _answered(self, host: str, _: object) -> None:
        self._answered_ns[host] = self._picture.now_ns
        self._opened.pop(host, None)

    def _session_ended(self, _: str, fact: SessionEnded) -> None:
        self._end(fact.node)

    def _host_ended(self, host: str, _: object) -> None:
        for node in [name for name, (cla, _) in self._opened.items() if host in (name, cla)]:
            self._end(node)

    def _loss_changed(self, host: str, fact: LossChanged) -> None:
        self._lossy = True
        self._all_over(host, fact)

    def _link_changed(self, host: str, fact: object) -> None:
        self._disturbed_ns = self._picture.now_ns
        self._all_over(host, fact)

    def _all_over(self, _: str, __: object) -> None:
        for node in list(self._opened):
            self._end(node)

    def _end(self, node: str) -> None:
        """From here on something else may be the reason of its silence."""
        _, opened_ns = self._opened.pop(node, ("", self._picture.now_ns))
        now_ns = self._picture.now_ns
        if now_ns - opened_ns > _LONG_NS + self._picture.tolerance_ns(opened_ns, now_ns):
            expected = "a node that states that it was welcomed by its central CLA"
            raise self._picture.violation("O0", node, expected, "it states nothing")
