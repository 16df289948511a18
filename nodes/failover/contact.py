"""A node's connection to its CLA, as its failover period sees it: a row of answers (F2, F17).

Pure. Instants are the running time of the node's host, in nanoseconds.
"""

from typing import NamedTuple

from licensing.policies import TIMING
from licensing.recovery import Recovery


class Answer(NamedTuple):
    """The CLA answered at `at_ns` what was sent at `sent_ns`."""

    sent_ns: int
    at_ns: int


class UnbrokenContact:
    """Since when the connection has lasted, and what of the period that gives back (F3)."""

    def __init__(self) -> None:
        self._good_ns: int | None = None
        self._began_ns = 0
        self._answered_ns = 0

    def lost(self) -> None:
        """An outage, or another lease to count for: what is answered next begins anew."""
        self._good_ns = None

    def answered(
        self, answer: Answer, *, counts_from_ns: int, period_ns: int, recovery: Recovery
    ) -> int:
        """The CLA answered; returns from when the period counts now.

        It has counted from `counts_from_ns`. A break that is redialed in time is no interruption;
        but answers further apart than a silence are no connection: the node was frozen, or its
        program stood still. An answer that was overtaken by that to a later question says nothing
        new.
        """
        good_ns = self._good_ns
        if good_ns is None or answer.at_ns - self._answered_ns > TIMING.silence_ns:
            self._began_ns = good_ns = answer.sent_ns
        self._answered_ns = answer.at_ns
        self._good_ns = max(good_ns, answer.sent_ns)
        used_ns = recovery.used_ns(
            good_ns - counts_from_ns,
            connected_ns=self._good_ns - good_ns,
            stable_ns=self._good_ns - self._began_ns,
            period_ns=period_ns,
        )
        return self._good_ns - used_ns
