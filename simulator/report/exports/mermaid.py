"""What passed between hosts from one instant to another, as Mermaid's sequence diagram."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from licensing import events
from licensing.events import Entry
from simulator.report.exports.exchanges import Exchanges, RequestAnswered
from simulator.report.page import Calendar
from simulator.report.sentences import sentence
from simulator.report.where import told_where

MOST_CHARACTERS = 45_000
"""Mermaid draws no text over 50,000."""

_NOTED = (
    events.StateChanged, events.LinkCut, events.LinkHealed, events.LinkFaulted, events.HostCrashed,
    events.HostStarted, events.HostFrozen, events.HostThawed, events.TransitFailed,
    events.TransitRepaired, events.RelicensingRequired, events.LicenseFileAccepted,
    events.HoldEnded, events.AgentStopped, events.ConnectionLost,
)  # fmt: skip


@dataclass
class MermaidSequence:
    """A reader that keeps the diagram of what was between two instants; `write` writes it."""

    calendar: Calendar
    from_ns: int
    to_ns: int
    _exchanges: Exchanges = field(default_factory=Exchanges)
    _links: dict[str, tuple[str, str]] = field(default_factory=dict)
    _hosts: list[str] = field(default_factory=list)
    _lines: list[tuple[int, str]] = field(default_factory=list)
    _size: int = 0
    left_out: int = 0

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        if isinstance(entry.fact, events.RunBegan):
            self._links = dict(entry.fact.network.links)
            self._hosts = [*entry.fact.nodes]
        exchanges = [*self._exchanges.of(entry)]
        if not self.from_ns <= entry.at <= self.to_ns:
            return
        for exchange in exchanges:
            for at_ns, line in self._messages(exchange):
                self._keep(at_ns, line)
        if isinstance(entry.fact, _NOTED):
            self._keep(entry.at, f"Note over {self._where(entry)}: {_plain(self._told(entry))}")

    @property
    def is_empty(self) -> bool:
        """Whether nothing that a diagram shows was between the two instants."""
        return not self._lines

    def write(self, stream: IO[str]) -> None:
        """The diagram; it ends with how much was too much for it."""
        stream.write("sequenceDiagram\n")
        for number, host in enumerate(self._hosts, 1):
            stream.write(f"    participant h{number} as {_plain(host)}\n")
        told = ""
        for at_ns, line in sorted(self._lines, key=lambda each: each[0]):
            moment = self.calendar.moment(at_ns)
            if moment != told:
                stream.write(f"    Note over {self._over(self._hosts)}: {moment}\n")
                told = moment
            stream.write(f"    {line}\n")
        if self.left_out:
            told = f"{self.left_out} more lines have no room here: ask for a shorter time"
            stream.write(f"    Note over {self._over(self._hosts)}: {told}\n")

    def _messages(self, exchange: RequestAnswered) -> Iterator[tuple[int, str]]:
        source, destination = self._id(exchange.source), self._id(exchange.destination)
        yield exchange.asked_ns, f"{source}->>{destination}: {_plain(exchange.request)}"
        yield exchange.answered_ns, f"{destination}-->>{source}: {_plain(exchange.answer)}"

    def _keep(self, at_ns: int, line: str) -> None:
        self._size += len(line) + 60
        if self._size > MOST_CHARACTERS:
            self.left_out += 1
        else:
            self._lines.append((at_ns, line))

    def _told(self, entry: Entry) -> str:
        """A note over one host needs no name, one over two or all says what it is about."""
        over_its_host = entry.host in self._hosts
        return sentence(entry.fact) if over_its_host else told_where(entry)

    def _where(self, entry: Entry) -> str:
        ends = self._links.get(getattr(entry.fact, "link", ""), ())
        known = [end for end in (*ends, entry.host) if end in self._hosts]
        return self._over(known[:2] or self._hosts)

    def _over(self, hosts: list[str]) -> str:
        first, last = self._id(hosts[0]), self._id(hosts[-1])
        return first if first == last else f"{first},{last}"

    def _id(self, host: str) -> str:
        if host not in self._hosts:
            self._hosts.append(host)
        return f"h{self._hosts.index(host) + 1}"


def _plain(text: str) -> str:
    """Text that stays text: what could be markup is written by its number."""
    return re.sub(r"[^\w .,:()/+-]", lambda found: f"#{ord(found[0])};", text)
