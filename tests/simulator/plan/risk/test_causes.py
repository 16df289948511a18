"""Why a period ended: what cut the site off, and never what only happened to be down."""

import pytest
from planned_lines import LONG, one_line, two_ways

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.risk.causes import cause_of, most_frequent
from simulator.plan.risk.risk_table import CauseShare
from simulator.plan.years.sampler import Outage, Year
from simulator.scenario.components import Component, ComponentKind

RESUME = Recovery(policy=RecoveryPolicy.RESUME)
TWO_WAYS = two_ways(LONG, period_ns=10 * DAY_NS)
RESUMED = two_ways(LONG, period_ns=10 * DAY_NS, recovery=RESUME)
SHORT = tuple(("hq-north", day, day + 0.9) for day in range(1, 20))


def cause(network: PlannedNetwork, *outages: tuple[str, float, float]) -> str:
    """Of the first emergency at north, from outages as link, and days from and to."""
    return _cause(network, *((ComponentKind.LINK, *outage) for outage in outages))


def _cause(network: PlannedNetwork, *outages: tuple[ComponentKind, str, float, float]) -> str:
    found = [
        Outage(Component(kind, name), int(began * DAY_NS), int(ended * DAY_NS))
        for kind, name, began, ended in outages
    ]
    year = Year(0, tuple(sorted(found, key=lambda outage: outage.began_ns)))
    _, north, *_ = played(network, year)
    return cause_of(network, north.name, north.emergencies[0])


def test_a_single_restart_is_not_called_several_repairs() -> None:
    """A host that starts again counts the time since its last contact was written (F11)."""
    network = one_line(period_ns=2 * HOUR_NS, hosts=True)
    outage = (ComponentKind.HOST, "north", 10.2, 10.2 + 1 / 1440)
    assert _cause(network, outage) == "one short repair of host north"


@pytest.mark.parametrize(
    ("network", "outages", "words"),
    [
        (one_line(), [("hq-north", 5, 40)], "one long repair of link hq-north"),
        (one_line(recovery=RESUME), SHORT, "several short repairs of link hq-north"),
        (
            TWO_WAYS,
            [("hq-mpls", 5, 60), ("lte-north", 20, 40)],
            "both link hq-mpls and link lte-north down",
        ),
        (
            TWO_WAYS,
            [("hq-mpls", 5, 60), ("mpls-north", 1, 9), ("lte-north", 20, 40), ("hq-lte", 22, 23)],
            "both link hq-mpls and link lte-north down",
        ),
        (
            RESUMED,
            [("hq-mpls", 5, 60), *(("lte-north", day, day + 0.5) for day in range(10, 40))],
            "both link hq-mpls and link lte-north down",
        ),
        (
            TWO_WAYS,
            [("hq-mpls", 5, 12), ("mpls-north", 11.9, 60), ("lte-north", 6, 40)],
            "several repairs, the longest of link lte-north",
        ),
    ],
)
def test_a_cause_is_what_cut_the_site_off(
    network: PlannedNetwork, outages: list[tuple[str, float, float]], words: str
) -> None:
    """Of two ways it is both that were down, and never the one that happens to be longer."""
    assert cause(network, *outages) == words


def test_three_are_named_as_well() -> None:
    """Where north has a third line."""
    third = "hq-north"
    network = two_ways(LONG, period_ns=10 * DAY_NS, further=(third,))
    down = [(third, 1, 50), ("hq-mpls", 5, 60), ("lte-north", 20, 40)]
    assert cause(network, *down) == "link hq-mpls, link hq-north and link lte-north all down"


def test_the_causes_of_a_table_make_up_the_whole() -> None:
    """What has no row of its own is in the last one."""
    causes = [CauseShare(f"one long repair of link {name}", 0.25) for name in "abcd"]
    assert most_frequent(causes, 4) == causes
    *_, rest = most_frequent(causes, 3)
    assert rest == CauseShare("2 other causes", 0.5)
