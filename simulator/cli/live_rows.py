"""What a person reads of live runs: before they start, and of two histories side by side."""

from collections.abc import Iterator, Sequence

from licensing.policies import NS_PER_SECOND
from simulator.live.backends import Choice
from simulator.live.preview import Preview
from simulator.live.rate_plan import JITTER_S
from simulator.report.histories import HEARTBEAT_NS, REDIAL_NS, Agreement, Pair, first_difference
from simulator.report.page import Calendar, Row, Tone
from simulator.report.phrases import period


def preview_rows(preview: Preview) -> Iterator[Row]:
    """The network with its caveats, the pace, and how exact the run is."""
    yield Row(_network(preview.choice), Tone.QUIET)
    for caveat in preview.choice.backend.caveats:
        yield Row(f"  {caveat}", Tone.QUIET)
    yield Row(_pace(preview), Tone.QUIET)
    yield Row(f"  {preview.rate_plan.why}", Tone.QUIET)
    yield Row(_tolerance(preview), Tone.QUIET)
    if part := preview.too_fast_for:
        sure = f"that is only sure at a rate of {part.rate:.0f}; without --rate it is"
        yield Row(f"  {part.why}: {sure}", Tone.QUIET)


def _network(choice: Choice) -> str:
    asked = ["as asked for"] if choice.asked_for else []
    passed_over = [f"not {name}: {reason}" for name, reason in choice.passed_over.items()]
    return f"network: {'; '.join([choice.backend.name, *asked, *passed_over])}"


def _pace(preview: Preview) -> str:
    pace = f"pace: {preview.rate_plan.fastest:.0f} times as fast as life"
    if preview.rate_plan.slow_parts:
        slowest = f"{preview.slowest_rate:.0f} around steps and deadlines"
        pace += f" where nothing happens, down to {slowest}"
    return f"{pace}; about {preview.estimated_s / 60:.1f} min"


def _tolerance(preview: Preview) -> str:
    slowest, fastest = preview.slowest_rate, preview.rate_plan.fastest
    exact = [period(round(JITTER_S * rate * NS_PER_SECOND)) for rate in (slowest, fastest)]
    simulated = exact[0] if slowest == fastest else " to ".join(exact) + " by the pace"
    return f"tolerance: {JITTER_S:g} s of real time, in simulated time {simulated}"


def side_by_side(pairs: Sequence[Pair], calendar: Calendar) -> Iterator[Row]:
    """Counts, what is not the same instant, and the first difference explained."""
    yield Row(
        f"besides, chance may shift a reconnection by {period(REDIAL_NS)}, and what follows from "
        f"an unanswered heartbeat by {period(HEARTBEAT_NS)}",
        Tone.QUIET,
    )
    for verdict in Agreement:
        count = sum(pair.verdict is verdict for pair in pairs)
        yield Row(f"  {count:4}  {verdict}")
    yield from _shifted(pairs, calendar)
    if difference := first_difference(pairs):
        yield from _different(difference, calendar)


def _shifted(pairs: Sequence[Pair], calendar: Calendar) -> Iterator[Row]:
    for pair in pairs:
        if pair.verdict is Agreement.WITHIN and pair.one and pair.apart_ns is not None:
            later = "later" if pair.apart_ns > 0 else "earlier"
            moment = calendar.moment(pair.one.at_ns)
            what = f"{moment}  {pair.one.host}  {pair.one.words}"
            yield Row(f"    {what}: live {period(abs(pair.apart_ns))} {later}", Tone.QUIET)


def _different(pair: Pair, calendar: Calendar) -> Iterator[Row]:
    yield Row("the first difference:", Tone.FAILED)
    for name, milestone in (("simulated", pair.one), ("live", pair.other)):
        words = "nothing of the kind"
        if milestone:
            words = f"{calendar.moment(milestone.at_ns)}  {milestone.host}  {milestone.words}"
        yield Row(f"  {name:9} {words}")
