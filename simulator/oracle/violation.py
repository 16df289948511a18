"""What a reader of a broken run needs: the rule, the instant, and the facts just before."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec

from licensing.events import Entry
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.records import kebab_case
from licensing.wall_time import since_midnight_ns

RULES: Mapping[str, str] = MappingProxyType(
    {
        "O0": "the journal tells one story: no instant goes back, each status follows the last",
        "O1": "licenses in use plus reserved never exceed the newest license file (F9, F13)",
        "O2": "failover begins in time, ends with the next welcome, and lasts the period (F2, F11)",
        "O3": "system telephones show the failover message exactly during failover (F1)",
        "O4": "emergency mode ends only by relicensing with a newer epoch (F4)",
        "O5": "no slave talks to the Central License Server, only the master (manual 4.4)",
        "O6": "failover keeps all features, emergency mode only what F5 says",
        "O7": "what was acknowledged is never lost: file, lease, decision, assignment (A8, A12)",
        "O9": "no user-oriented license without its station license and prerequisites (domain 2)",
    }
)
"""The rules of design.md that are judged while a run goes on, by number."""

NO_START = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_FACT = 160


class Violation(Exception):
    """A rule is broken: `expected` and `seen` in words, `at_ns` since the start of the run.

    `last_facts` are those of `host`, oldest first; `start` is the run's calendar start.
    """

    def __init__(
        self,
        rule: str,
        host: str,
        *,
        at_ns: int,
        expected: str,
        seen: str,
        last_facts: Sequence[Entry] = (),
        start: datetime = NO_START,
    ) -> None:
        super().__init__(rule, host, at_ns, expected, seen)
        self.rule = rule
        self.host = host
        self.at_ns = at_ns
        self.expected = expected
        self.seen = seen
        self.last_facts = tuple(last_facts)
        self.start = start

    def __str__(self) -> str:
        when = day_and_time(self.at_ns, self.start)
        if f"{when}." in f"{self.expected} {self.seen}":  # as many digits as what it is before
            when += f".{0:09}"
        lines = [
            f"{self.rule} broken at {when} by {self.host}: {RULES[self.rule]}",
            f"  expected: {self.expected}",
            f"  seen: {self.seen}",
            f"  last facts of {self.host}:",
            *(f"    {fact_in_words(entry, self.start)}" for entry in self.last_facts),
        ]
        return "\n".join(lines)


def day_and_time(at_ns: int, start: datetime) -> str:
    """An instant of the run as `day 3 08:00:00`, with its fraction of a second where it has one."""
    days, rest = divmod(since_midnight_ns(start) + at_ns, DAY_NS)
    hours, rest = divmod(rest, HOUR_NS)
    minutes, rest = divmod(rest, MINUTE_NS)
    seconds, fraction = divmod(rest, NS_PER_SECOND)
    decimals = f".{fraction:09}" if fraction else ""
    return f"day {days} {hours:02}:{minutes:02}:{seconds:02}{decimals}"


def fact_in_words(entry: Entry, start: datetime) -> str:
    """One line for a fact: when, what, and its fields, cut where they are long."""
    fields = msgspec.to_builtins(entry.fact)
    fields.pop("event", None)
    told = ", ".join(f"{name} {value}" for name, value in fields.items())
    line = f"{day_and_time(entry.at, start)} {kebab_case(type(entry.fact).__name__)}: {told}"
    return line if len(line) <= _LONGEST_FACT else f"{line[:_LONGEST_FACT]}..."
