"""The trace of a run for Perfetto and other viewers of Chrome's trace events.

A process a host: its states as slices, its requests as slices with an arrow to the central CLA and
back, and as counters the seats that the CLA on it has in use and reserved. Format: "Trace Event
Format", JSON array; instants and durations in microseconds.
"""

from collections.abc import Iterator
from typing import IO, Any

import msgspec

from licensing import events
from licensing.events import Entry
from licensing.policies import MICROSECOND_NS
from simulator.report.account.run_account import RunAccount
from simulator.report.account.seats import SeatCount
from simulator.report.account.used_books import UsedSeatBooks
from simulator.report.exports.exchanges import Exchanges, RequestAnswered
from simulator.report.where import told_where

_STATES, _REQUESTS, _AGENT = 1, 2, 3
_TRACKS = {_STATES: "state", _REQUESTS: "requests", _AGENT: "central CLA"}

TraceEvent = dict[str, Any]


class PerfettoTrace:
    """A reader that writes to a binary stream; `end` completes it, also where a run broke off."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._account = RunAccount()
        self._exchanges = Exchanges()
        self._hosts: dict[str, int] = {}
        self._since: dict[str, tuple[int, str]] = {}
        self._books = UsedSeatBooks()
        self._counted: dict[tuple[str, str], SeatCount] = {}
        self._flows = 0
        self._separator = b"[\n"

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._account(entry)
        for event in self._events(entry):
            self._write(event)

    def end(self) -> None:
        """Write what lasts until the end, and the end."""
        for host, (since_ns, state) in self._since.items():
            self._write(self._slice(host, _STATES, state, since_ns, self._account.ended_ns))
        if self._separator == b"[\n":
            self._stream.write(b"[")
        self._stream.write(b"\n]\n")

    def _events(self, entry: Entry) -> Iterator[TraceEvent]:
        if isinstance(entry.fact, events.RunBegan):
            yield from self._named(["world", "internet", *sorted(entry.fact.nodes)])
        yield from self._state(entry)
        for exchange in self._exchanges.of(entry):
            yield from self._flow(exchange)
        yield from self._counters(entry)
        if isinstance(entry.fact, _INSTANTS):
            yield {
                "ph": "i", "s": "g", "name": told_where(entry), "cat": "network",
                "pid": self._pid("world"), "tid": _STATES, "ts": _us(entry.at),
            }  # fmt: skip

    def _named(self, hosts: list[str]) -> Iterator[TraceEvent]:
        for host in hosts:
            pid = self._pid(host)
            yield {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": host}}
            for tid, name in _TRACKS.items():
                args = {"name": name}
                yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": args}

    def _state(self, entry: Entry) -> Iterator[TraceEvent]:
        site = self._account.sites.get(entry.host)
        state = site.now if site else None
        since_ns, before = self._since.get(entry.host, (entry.at, ""))
        if state is not None and state != before:
            if before:
                yield self._slice(entry.host, _STATES, before, since_ns, entry.at)
            self._since[entry.host] = entry.at, state.value

    def _flow(self, exchange: RequestAnswered) -> Iterator[TraceEvent]:
        self._flows += 1
        middle_ns = (exchange.asked_ns + exchange.answered_ns) // 2
        source, asked_ns, answered_ns = exchange.source, exchange.asked_ns, exchange.answered_ns
        yield self._slice(source, _REQUESTS, exchange.request, asked_ns, answered_ns)
        yield self._slice(exchange.destination, _AGENT, exchange.request, middle_ns, middle_ns)
        for phase, host, tid, at_ns in (
            ("s", source, _REQUESTS, asked_ns),
            ("t", exchange.destination, _AGENT, middle_ns),
            ("f", source, _REQUESTS, answered_ns),
        ):
            yield {
                "ph": phase, "bp": "e", "id": self._flows, "name": exchange.request,
                "cat": "message", "pid": self._pid(host), "tid": tid, "ts": _us(at_ns),
            }  # fmt: skip

    def _counters(self, entry: Entry) -> Iterator[TraceEvent]:
        for at_ns, host, books, keys in self._books(entry):
            for key in sorted(keys):
                count = books.count(key, at_ns)
                if self._counted.get((host, key), SeatCount()) == count:
                    continue
                self._counted[host, key] = count
                args = {"in use": count.in_use, "reserved": count.reserved}
                yield {
                    "ph": "C", "name": f"seats: {key}", "pid": self._pid(host),
                    "ts": _us(at_ns), "args": args,
                }  # fmt: skip

    def _slice(self, host: str, tid: int, name: str, from_ns: int, to_ns: int) -> TraceEvent:
        return {
            "ph": "X", "name": name, "cat": _TRACKS[tid], "pid": self._pid(host), "tid": tid,
            "ts": _us(from_ns), "dur": _us(to_ns - from_ns),
        }  # fmt: skip

    def _pid(self, host: str) -> int:
        return self._hosts.setdefault(host, len(self._hosts) + 1)

    def _write(self, event: TraceEvent) -> None:
        self._stream.write(self._separator + msgspec.json.encode(event))
        self._separator = b",\n"


_INSTANTS = (
    events.LinkCut, events.LinkHealed, events.LinkFaulted, events.TransitFailed,
    events.TransitRepaired, events.LossChanged,
)  # fmt: skip


def _us(at_ns: int) -> float:
    return at_ns / MICROSECOND_NS


"""Viewers take fractions."""
