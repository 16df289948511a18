"""Requests and answers, as the facts of those who asked tell them."""

from collections.abc import Iterator

import msgspec

from licensing import events
from licensing.events import Entry
from licensing.words import CallOutcome
from simulator.report.account.agents import Agents
from simulator.report.account.homes import Homes


class RequestAnswered(msgspec.Struct, frozen=True):
    """`source` asked `destination` at `asked_ns`, and had its answer at `answered_ns`."""

    source: str
    destination: str
    asked_ns: int
    answered_ns: int
    request: str
    answer: str


class Exchanges:
    """A reader of the journal; `of` has those that a fact completes."""

    def __init__(self) -> None:
        self._agents = Agents()
        self._homes = Homes()

    def of(self, entry: Entry) -> Iterator[RequestAnswered]:
        """Read the next entry: the exchange that it ends, if it ends one."""
        self._agents(entry)
        self._homes(entry)
        match entry.fact:
            case events.HeartbeatAnswered(round_trip_ns=lasted_ns):
                yield self._with_agent(entry, lasted_ns, "heartbeat", "acknowledged")
            case events.ConnectionEstablished(round_trip_ns=lasted_ns, condition=condition):
                yield self._with_agent(entry, lasted_ns, "hello", f"welcome ({condition})")
            case events.DecisionReceived(round_trip_ns=lasted_ns) if lasted_ns is not None:
                yield self._with_agent(entry, lasted_ns, "demand", "decision")
            case events.CallAnswered(trunk="") as call:
                home = self._homes.of(call.destination) or entry.host
                reached = call.outcome is CallOutcome.CONNECTED
                if home != entry.host and reached:
                    asked = f"call from {call.source} to {call.destination}"
                    yield RequestAnswered(entry.host, home, entry.at, entry.at, asked, call.outcome)

    def _with_agent(
        self, entry: Entry, lasted_ns: int, request: str, answer: str
    ) -> RequestAnswered:
        agent = self._agents.of(entry.host)
        return RequestAnswered(entry.host, agent, entry.at - lasted_ns, entry.at, request, answer)
