"""What a person reads of a live run before it starts."""

from collections.abc import Iterator

from licensing.policies import NS_PER_SECOND
from simulator.live.backends import Choice
from simulator.live.preview import Preview
from simulator.live.rate_plan import JITTER_S
from simulator.report.page import Row, Tone
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
