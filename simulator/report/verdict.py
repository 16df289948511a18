"""The last row of a run: whether all holds, how much that is, and what is open at the end."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from licensing.events import ExpectationFailed
from licensing.words import DemandState, counted
from simulator.report.page import Row, Tone
from simulator.report.phrases import period, quantities
from simulator.runs.play import Result

_OPEN_DEMANDS = {DemandState.UNSENT: "not sent", DemandState.WAITING: "waiting for the answer"}
_NAMED = 5
"""So many nodes are named whose demands are open."""


def verdict(result: Result) -> Row:
    """One row: whether all holds, how much that is, and what is open at the end (F8)."""
    row = _judgment(result)
    return replace(row, text="; ".join([row.text, *_open_demands(result.demands)]))


def _open_demands(demands: Mapping[str, DemandState]) -> Iterator[str]:
    for state, words in _OPEN_DEMANDS.items():
        if nodes := [node for node, each in demands.items() if each is state]:
            others = [f"{len(nodes) - _NAMED} more"] if len(nodes) > _NAMED else []
            which = ", ".join([*nodes[:_NAMED], *others])
            yield f"at the end {counted(len(nodes), 'demand')} {words} ({which})"


def _judgment(result: Result) -> Row:
    passed = period(result.ended_ns)
    if result.violation is not None:
        broken = f"{result.violation.rule} broken by {result.violation.host}"
        return Row(f"violated: {broken} after {passed}", Tone.FAILED)
    failed = sum(isinstance(each.fact, ExpectationFailed) for each in result.shortfalls)
    asked = result.met + failed
    if result.holds:
        return Row(f"holds: {counted(asked, 'expectation')} met in {passed}", Tone.REGULAR)
    if result.tracebacks:
        return Row(f"fails: a program has logged {result.tracebacks[0]}", Tone.FAILED)
    if not result.shortfalls:
        over_used = f"over-used: {quantities(result.over_used)} more than bought"
        return Row(f"{over_used}, {counted(asked, 'expectation')} met in {passed}", Tone.FAILED)
    refused = len(result.shortfalls) - failed
    parts = [f"{failed} of {counted(asked, 'expectation')} not met"] if asked else []
    parts += [f"{counted(refused, 'step')} refused"] if refused else []
    return Row(f"fails: {', '.join(parts)}", Tone.FAILED)
