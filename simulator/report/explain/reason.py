"""One fact with the rule by which it follows, and the facts that it follows from."""

from collections.abc import Iterator

import msgspec

from licensing.events import Entry
from simulator.report.explain.rulebook import MANUAL, RULES_IN_WORDS
from simulator.report.page import Layout, Row, Tone
from simulator.report.sentences import sentence

_DEEPEST = 12


class Reason(msgspec.Struct, frozen=True):
    """`text` in words at an instant; `rule` by number, "" where it follows from none.

    `because` is empty where a chain ends: with what a person or a fault did.
    """

    at_ns: int
    where: str
    text: str
    rule: str = ""
    because: tuple["Reason", ...] = ()

    @classmethod
    def of(cls, entry: Entry, rule: str = "", *because: "Reason") -> "Reason":
        """The reason that a fact is."""
        named = getattr(entry.fact, "link", getattr(entry.fact, "name", ""))
        where = str(named) if entry.host == "world" else entry.host
        return cls(entry.at, where, sentence(entry.fact), rule, because)

    def tells(self, other: "Reason") -> bool:
        """Whether a fact is somewhere in this chain."""
        same = (self.at_ns, self.where, self.text) == (other.at_ns, other.where, other.text)
        return same or any(cause.tells(other) for cause in self.because)


def reason_rows(reason: Reason, page: Layout) -> Iterator[Row]:
    """The chain, the latest fact first; each rule stands where it is first needed."""
    yield from _rows(reason, page, "", set(), 0)


def _rows(reason: Reason, page: Layout, lead: str, said: set[str], depth: int) -> Iterator[Row]:
    indent = "  " * depth
    head = f"{indent}{lead}{page.calendar.moment(reason.at_ns)}  {reason.where}  "
    for text in page.wrapped(head, reason.text, indent=len(indent) + 4):
        yield Row(text, Tone.PLAIN)
    if reason.rule and reason.rule not in said:
        said.add(reason.rule)
        yield from _rule_rows(reason.rule, page, indent + "    ")
    for cause in reason.because if depth < _DEEPEST else ():
        yield from _rows(cause, page, "because ", said, depth + 1)


def _rule_rows(rule: str, page: Layout, indent: str) -> Iterator[Row]:
    for text in page.wrapped(f"{indent}{rule}: ", RULES_IN_WORDS[rule], indent=len(indent) + 4):
        yield Row(text, Tone.QUIET)
    if rule in MANUAL:
        section, said = MANUAL[rule]
        for text in page.wrapped(f"{indent}manual {section}: ", f'"{said}"', len(indent) + 4):
            yield Row(text, Tone.QUIET)
