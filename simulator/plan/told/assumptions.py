"""All that an answer rests on, in words: for the page, and for whoever asks what was assumed."""

from collections.abc import Iterator, Sequence

import msgspec

from licensing.policies import NS_PER_SECOND, TIMING
from licensing.words import counted
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.risk_table import RiskSettings
from simulator.plan.risk.words import in_percent
from simulator.scenario import period_in_words
from simulator.scenario.components import ComponentKind, Reliability
from simulator.scenario.diagnostics import listed
from simulator.scenario.reliability import distribution_in_words, up_in_words

_MOST_NAMES = 4


class Failing(msgspec.Struct, frozen=True):
    """Components of one kind that fail alike: their names, and in words how and for how long."""

    kind: ComponentKind
    names: str
    number: int
    fails: str
    repair: str


def failing(network: PlannedNetwork) -> Sequence[Failing]:
    """What fails in it, those that fail alike together, in the order of the file."""
    alike: dict[tuple[ComponentKind, str, str], list[str]] = {}
    for each in network.reliability:
        alike.setdefault((each.component.kind, *_terms(each)), []).append(each.component.name)
    return [
        Failing(kind, listed(names, _MOST_NAMES), len(names), fails, repair)
        for (kind, fails, repair), names in alike.items()
    ]


def _terms(reliability: Reliability) -> tuple[str, str]:
    return up_in_words(reliability.up), distribution_in_words(reliability.repair)


class Basis(msgspec.Struct, frozen=True):
    """What the numbers rest on: how many years, drawn how, and whether that was enough.

    `on_purpose`: half of them have a long repair that was asked for.
    """

    settings: RiskSettings
    years: int
    reached: bool
    on_purpose: bool = False


def assumptions(network: PlannedNetwork, basis: Basis) -> Iterator[str]:
    """One sentence or two each."""
    horizon = period_in_words(network.horizon_ns)
    period = period_in_words(network.failover_period_ns)
    stable = period_in_words(network.recovery.stable_s * NS_PER_SECOND)
    yield (
        f"The chance is that of at least one emergency that begins within {horizon}. At the start "
        "everything is up and every failover period is whole."
    )
    yield (
        "Everything fails by itself, whenever it is up, independent of all else. What is in no row "
        "of the table above never fails. Nobody repairs faster because a period nears its end."
    )
    yield (
        f"A site that is cut off from the central CLA at {network.master} goes on for {period}"
        f"{network.recovery.in_words(stable)} (F2, F3). Traffic takes any way that is left."
    )
    yield (
        f"A node asks the central CLA every {period_in_words(TIMING.heartbeat_ns)}. An outage "
        "between two requests is never noticed. Any other costs from the last answered request to "
        "the first answered one, with redialing and its pauses; one that is healed within the "
        f"grace of {period_in_words(TIMING.redial_grace_ns)} costs nothing (F17, decision 22)."
    )
    yield (
        f"A new license file is there {period_in_words(network.relicensing_ns)} after the central "
        "CLA requires it. With it a whole period begins for every node (F4). Until then new "
        "demands are refused."
    )
    yield (
        "A host that is off counts as off, and its period runs on by the wall clock (F11). While "
        "the master's host is off, every node is cut off."
    )
    yield (
        f"{basis.years:,} years were drawn from seed {basis.settings.seed}. Intervals are those "
        f"of 95 %. Wanted was half an interval of {in_percent(basis.settings.precision)} of the "
        f"value, which was {'' if basis.reached else 'not '}reached. None seen is no chance of 0: "
        "the bound says what it may still be."
    )
    if basis.on_purpose:
        yield (
            "Half of the years have a long repair on purpose, counted for as often as it happens. "
            "An end without any is looked for in the other half; where these show none, intervals "
            "reach as far as it may still be, by their number or by calculation (decision 25)."
        )
    yield (
        "Links have their latency, and no jitter, queues or losses; no device forgets a "
        "connection. Those move an answer by minutes, of a period of days."
    )
    sites = counted(len(network.sites), "site")
    yield f"Which of the {sites} are cut off together follows from the ways that they share."
