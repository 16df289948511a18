"""Pieces of sentences: periods, dates, ranges of call numbers, quantities, license states."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from licensing.catalogue import LICENSES
from licensing.errors import ERRORS, REFUSALS
from licensing.events import AssignmentChange, SeatsInUse, StateChanged
from licensing.policies import NS_PER_SECOND
from licensing.recovery import Recovery
from licensing.reservation import HOLD, SeatsBound, in_words
from licensing.wall_time import utc_of
from licensing.words import ExpiryScope, LicenseState, SaidScope
from simulator.scenario.rest import period_in_words
from simulator.scenario.values import ranges_of

TIED = "\N{NO-BREAK SPACE}"
"""Between words that belong on one row, as in `20 x fax`; the page shows it as a space."""

_UNOPENED = (LicenseState.NOT_CONFIGURABLE, LicenseState.CONFIGURABLE)
_RELEASED = "no longer assigned"

Reasons = Mapping[tuple[str, str], str]
"""Why a seat was refused, a code of `REFUSALS`, by holder and license."""


def state_change(fact: StateChanged) -> str:
    """Both license statuses of a node, and the cause."""
    return f"{fact.before} -> {fact.after}: {fact.cause}"


def period(nanoseconds: int) -> str:
    """`1 day 2 h 30 min`; below a second the largest unit, e.g. `15 ms`. On one row."""
    return period_in_words(nanoseconds).replace(" ", TIED)


def failover_period(
    nanoseconds: int,
    recovery: Recovery,
    bound_s: SeatsBound = HOLD,
    scope: SaidScope = msgspec.UNSET,
) -> str:
    """`30 days`; where contact does not make it whole again (F3), what does.

    And when the licenses of a node that is cut off are free (F9), where that is earlier than its
    end, and whether that is the end for all (F6).
    """
    whole_again = recovery.in_words(period(recovery.stable_s * NS_PER_SECOND))
    free = "" if bound_s is msgspec.UNSET else in_words(bound_s, period(bound_s * NS_PER_SECOND))
    for_all = ", its end is that of all nodes" if scope is ExpiryScope.INTERNETWORK else ""
    return period(nanoseconds) + whole_again + free + for_all


def date(wall_ns: int) -> str:
    """Nanoseconds since 1970 as `2026-03-02 08:00:00`, UTC."""
    return f"{utc_of(wall_ns):%Y-%m-%d %H:%M:%S}"


def number_ranges(holders: Iterable[str]) -> str:
    """Call numbers in ranges, other names as they are: `200-209, 301, s2m-1`."""
    return ", ".join(ranges_of(holders))


def quantities(licenses: Mapping[str, int]) -> str:
    """`25 x ip, 20 x voicemail`, in the price list's order."""
    known = [key for key in LICENSES if licenses.get(key)]
    return ", ".join(f"{licenses[key]}{TIED}x{TIED}{key}" for key in known) or "none"


def users(uses: Iterable[SeatsInUse]) -> str:
    """Who uses how much by which license file: `old 10 by license file 1, new 10 by ...`."""
    return ", ".join(
        f"{use.node} {use.quantity}{TIED}x{TIED}{use.license} by license file {use.serial}"
        for use in uses
    )


def displays_in_words(texts: Mapping[str, str]) -> str:
    """What telephones show, those with the same text together."""
    shown: dict[str, list[str]] = {}
    for number, text in texts.items():
        shown.setdefault(text, []).append(number)
    wordings = {text: f'"{text}"' if text else "the idle display" for text in shown}
    return "; ".join(f"{number_ranges(who)} show {wordings[text]}" for text, who in shown.items())


def assignments(
    changes: Sequence[AssignmentChange], reasons: Reasons = MappingProxyType({})
) -> str:
    """License states that changed, summarized; "" where licenses only became configurable."""
    told: dict[str, list[AssignmentChange]] = {}
    for change in _from_first_to_last(changes):
        if not (change.before in _UNOPENED and change.after in _UNOPENED):
            told.setdefault(_word(change.after), []).append(change)
    return "; ".join(_in_state(state, changes, reasons) for state, changes in told.items())


def refusal_in_words(code: str, license_key: str = "") -> str:
    """A refusal's code in words."""
    return REFUSALS[code].format(license=license_key) if code in REFUSALS else code_words(code)


def way_out(code: str) -> str:
    """What to do after a refusal, as the error registry says it: "" where that needs more words.

    A journal keeps the code of a refusal and its message, but not the details that some ways out
    name.
    """
    kind = ERRORS.get(code)
    return kind.hint if kind and "{" not in kind.hint else ""


def _from_first_to_last(changes: Iterable[AssignmentChange]) -> list[AssignmentChange]:
    """Of what became of one license at once, only whence it came and what it is in the end."""
    whole: dict[tuple[str, str], AssignmentChange] = {}
    for change in changes:
        first = whole.pop((change.holder, change.license), change)
        whole[change.holder, change.license] = msgspec.structs.replace(change, before=first.before)
    return [*whole.values()]


def _word(state: LicenseState) -> str:
    return _RELEASED if state in _UNOPENED else state


def _in_state(state: str, changes: list[AssignmentChange], reasons: Reasons) -> str:
    if state == LicenseState.LICENSED:
        total: dict[str, int] = {}
        for change in changes:
            total[change.license] = total.get(change.license, 0) + change.granted
        return f"{state}: {quantities(total)}"
    holders: dict[tuple[str, str], list[AssignmentChange]] = {}
    for change in changes:
        note = _refused(change, reasons) if state == LicenseState.NOT_LICENSED else ""
        holders.setdefault((change.license, note), []).append(change)
    parts = (
        f"{sum(map(_changed, those))}{TIED}x{TIED}{key}"
        f" ({number_ranges(change.holder for change in those)}){note}"
        for (key, note), those in holders.items()
    )
    return f"{state}: {', '.join(parts)}"


def _changed(change: AssignmentChange) -> int:
    """How many licenses are meant: of a trunk those of its channels that change.

    What was given back before is no longer known; it counts as one.
    """
    if change.after == LicenseState.NOT_LICENSED:
        return change.quantity
    return abs(change.quantity - change.granted) or 1


def _refused(change: AssignmentChange, reasons: Reasons) -> str:
    """Why a license was not granted, and how much of it was; of a trunk, some channels may be."""
    why = reasons.get((change.holder, change.license), "")
    granted = f", only {change.granted} of {change.quantity} granted" if change.granted else ""
    return (f", {refusal_in_words(why, change.license)}" if why else "") + granted


def code_words(code: str) -> str:
    """`relicensing-required` as `relicensing required`."""
    return code.replace("-", " ")
