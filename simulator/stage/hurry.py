"""Letting time pass as fast as possible until something happens, or nobody wants to wait longer.

Every wait has an end: one failover period after the scenario's last step, or after now. A deadline
that is not there is waited for no longer than a node takes to notice an outage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from licensing.events import (
    ConnectionOpened,
    DecisionReceived,
    Entry,
    HeartbeatAnswered,
    LeaseSigned,
    StateChanged,
)
from licensing.policies import HOUR_NS, LONGEST_FAILOVER_PERIOD_NS, MINUTE_NS
from simulator.loop.pace import STANDING
from simulator.runs.internetwork import Internetwork
from simulator.stage.person_clock import PersonClock

BEFORE_THE_DEADLINE_NS = 5 * MINUTE_NS
_UNTIL_NOTICED_NS = 2 * HOUR_NS
"""Within that every node has asked its central CLA, and knows that nobody answers."""
_NO_EVENTS = (HeartbeatAnswered, ConnectionOpened, DecisionReceived, LeaseSigned)
"""What happens all the time, or says again what another fact says."""


class Busy(Exception):
    """Time is hurrying already, and only *stop* ends that."""


class Hurry:
    """Whoever waits in `net`, one at a time; `what` is what for, "" while nobody waits.

    `is_undisturbed` says whether all is as it should be, so that no failover period will begin.
    """

    def __init__(
        self, net: Internetwork, clock: PersonClock, is_undisturbed: Callable[[], bool]
    ) -> None:
        self._is_undisturbed = is_undisturbed
        self._net = net
        self._clock = clock
        self._condition: Callable[[Entry], bool] = _never
        self._ended: asyncio.Future[bool] | None = None
        self._stopped: asyncio.Future[None] | None = None
        self.what = ""
        net.journal.add_reader(self._read)

    def _read(self, entry: Entry) -> None:
        if self._ended and not self._ended.done() and self._condition(entry):
            self._ended.set_result(True)

    def stop(self) -> None:
        """Whoever waits waits no longer."""
        if self._stopped and not self._stopped.done():
            self._stopped.set_result(None)

    def limit(self) -> tuple[int, str]:
        """Until when something is waited for that may not happen, and why until then."""
        scenario, now_ns = self._net.scenario, self._net.world.now_ns()
        terms_ns = [period_ns for period_ns, _ in scenario.terms()]
        longest_ns = max(terms_ns, default=0) or LONGEST_FAILOVER_PERIOD_NS
        end_ns = scenario.last_dated_ns() + longest_ns
        if end_ns > now_ns:
            return end_ns, "one failover period after the scenario's last step"
        return now_ns + longest_ns, "another failover period later"

    async def next_event(self) -> str:
        """Until anything happens that a person would want to know."""
        return await self._until("the next event", lambda e: not isinstance(e.fact, _NO_EVENTS))

    async def next_change(self) -> str:
        """Until a node's status changes."""
        return await self._until("the next change of a state", _is_change)

    async def before_deadline(self) -> str:
        """Until five minutes before the next end of a failover period.

        Where none runs, until one begins; where none will, no time passes.
        """
        with self._waiting("five minutes before the next deadline"):
            limit_ns = self._net.world.now_ns() + _UNTIL_NOTICED_NS
            while True:
                before_ns = self._before_deadline_ns()
                if before_ns is None and self._is_undisturbed():
                    return "No failover period runs."
                happened = await self._wait(_is_change, before_ns or limit_ns)
                if self._is_stopped:
                    return "Stopped."
                if not happened:
                    why = "two hours later, within which nodes notice any outage"
                    return "" if before_ns else self._nothing("No failover period runs", why)

    def _before_deadline_ns(self) -> int | None:
        now_ns, nodes = self._net.world.now_ns(), self._net.scenario.internetwork.nodes
        ends_ns = [self._net.oracle.deadline_ns(name) for name in nodes]
        before_ns = [end_ns - BEFORE_THE_DEADLINE_NS for end_ns in ends_ns if end_ns is not None]
        return min((at_ns for at_ns in before_ns if at_ns > now_ns), default=None)

    async def pass_until(self, at_ns: int, what: str) -> str:
        """Until an instant, in nanoseconds since the start."""
        with self._waiting(what):
            await self._wait(_never, at_ns)
            return "Stopped." if self._is_stopped else ""

    async def without_rest(self) -> str:
        """As long as nobody stops it."""
        with self._waiting("somebody stops it"):
            limit_ns, why = self.limit()
            await self._wait(_never, limit_ns)
            return "" if self._is_stopped else self._nothing("Nobody has stopped it", why)

    async def doing(self, what: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Until `work` is done; whether it was, for whoever stops it gives it up."""
        with self._waiting(what):
            task = asyncio.ensure_future(work())
            assert self._stopped
            self._stopped.add_done_callback(lambda _: task.cancel())
            try:
                await task
            except asyncio.CancelledError:
                if not self._is_stopped:
                    raise
                return False
            return True

    async def _until(self, what: str, condition: Callable[[Entry], bool]) -> str:
        with self._waiting(what):
            limit_ns, why = self.limit()
            happened = await self._wait(condition, limit_ns)
            if self._is_stopped:
                return "Stopped."
            return "" if happened else self._nothing("Nothing happened", why)

    def _nothing(self, what: str, why: str) -> str:
        return f"{what} until {self._net.now}, {why}."

    @contextmanager
    def _waiting(self, what: str) -> Iterator[None]:
        """Afterwards time stands, so that one can look."""
        if self.what:
            raise Busy(f"Time is hurrying until {self.what}: stop it first.")
        self.what = what
        self._stopped = asyncio.get_running_loop().create_future()
        self._clock.chosen = STANDING
        try:
            with self._clock.hurrying():
                yield
        finally:
            self.what = ""
            self._clock.tell()

    @property
    def _is_stopped(self) -> bool:
        return bool(self._stopped and self._stopped.done())

    async def _wait(self, condition: Callable[[Entry], bool], until_ns: int) -> bool:
        """Whether the condition held before the instant, and before anybody stopped it."""
        assert self._stopped
        ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._ended, self._condition = ended, condition
        sleeping = asyncio.ensure_future(self._net.sleep_until_ns(until_ns))
        for other in (sleeping, self._stopped):
            other.add_done_callback(partial(_give_up, ended))
        try:
            return await ended
        finally:
            sleeping.cancel()
            self._ended = None


def _give_up(ended: "asyncio.Future[bool]", _: object) -> None:
    if not ended.done():
        ended.set_result(False)


def _is_change(entry: Entry) -> bool:
    return isinstance(entry.fact, StateChanged)


def _never(_: Entry) -> bool:
    return False
