"""What is drawn: a time axis on which everything has room, and a map on which nothing overlaps."""

from itertools import combinations, pairwise
from math import dist

import pytest

from licensing.events import NetworkFacts
from licensing.policies import DAY_NS
from licensing.words import Role
from simulator.report.pages.internetwork_map import positions
from simulator.report.pages.time_axis import WIDTH, TimeAxis
from simulator.scenario import INTERNET


def test_idle_time_is_drawn_short_and_time_never_runs_backwards() -> None:
    """A year in which something happens on two days has room for those days."""
    notable = [DAY_NS, 2 * DAY_NS, 300 * DAY_NS, 301 * DAY_NS]
    axis = TimeAxis(365 * DAY_NS, notable)
    drawn = [axis.x(at_ns) for at_ns in range(0, 366 * DAY_NS, DAY_NS)]
    assert drawn == sorted(drawn)
    assert (drawn[0], drawn[-1]) == (0, WIDTH)
    assert axis.x(301 * DAY_NS) - axis.x(300 * DAY_NS) > 3 * WIDTH / 365
    assert [interval.lasts_ns // DAY_NS for interval in axis.shortened()] == [298, 64]


def test_a_run_without_idle_time_is_drawn_to_scale() -> None:
    """Nothing is shortened that has something in it."""
    axis = TimeAxis(100, range(0, 100, 5))
    assert axis.shortened() == []
    assert [axis.x(at_ns) for at_ns in (0, 25, 100)] == [0, 250, 1000]


def test_labels_do_not_overlap() -> None:
    """Days where there are many, hours where there are few."""
    for ended_ns in (DAY_NS // 2, 2 * DAY_NS, 35 * DAY_NS, 365 * DAY_NS):
        ticks = TimeAxis(ended_ns, []).ticks(-DAY_NS // 3)
        assert 3 < len(ticks) < 16
        assert all(two.x - one.x >= 70 for one, two in pairwise(ticks))


@pytest.mark.parametrize("slaves", [0, 1, 2, 5, 9, 30, 59])
def test_no_two_sites_stand_on_the_same_spot(slaves: int) -> None:
    """From one node to sixty; the license server is above them all."""
    roles = {"hq": Role.MASTER} | {f"site-{number}": Role.SLAVE for number in range(slaves)}
    links = {f"hq-{name}": ("hq", name) for name in [*roles, INTERNET] if name != "hq"}
    spots = positions(roles, NetworkFacts(links=links))
    assert set(spots) == {*roles, INTERNET}
    assert all(dist(one, two) > 32 for one, two in combinations(spots.values(), 2))
    assert all(0 < x < 960 and 20 < y < 600 for x, y in spots.values())
    assert min(y for name, (_, y) in spots.items() if name != INTERNET) > spots[INTERNET][1]


def test_sixty_sites_behind_two_clouds_have_room_for_a_word_each() -> None:
    """Nothing is moved far for it: the master stays in the middle, each cloud before its sites."""
    roles = {"hq": Role.MASTER} | {f"site-{number}": Role.SLAVE for number in range(59)}
    links = {f"{name}-cloud": (name, f"cloud-{number % 2}") for number, name in enumerate(roles)}
    links |= {f"hq-{number}": ("hq", f"cloud-{number}") for number in (0, 1)}
    spots = positions(roles, NetworkFacts(links=links, clouds=["cloud-0", "cloud-1"]))
    for one, two in combinations(spots.values(), 2):
        assert abs(one[0] - two[0]) > 64 or abs(one[1] - two[1]) > 52
    assert dist(spots["hq"], (480, 285)) < 10
    assert abs(spots["cloud-0"][0] - spots["cloud-1"][0]) > 150


def test_where_every_node_has_a_place_north_is_above_and_east_is_right() -> None:
    """The map is that of the country."""
    places = {"berlin": (13.4, 52.5), "munich": (11.6, 48.1), "cologne": (7.0, 50.9)}
    roles = {"berlin": Role.MASTER, "munich": Role.SLAVE, "cologne": Role.SLAVE}
    spots = positions(roles, NetworkFacts(links={"a": ("berlin", "munich")}, places=places))
    assert spots["cologne"][0] < spots["munich"][0] < spots["berlin"][0]
    assert spots["berlin"][1] < spots["cologne"][1] < spots["munich"][1]


def test_every_picture_of_an_internetwork_is_the_same() -> None:
    """In whichever order its nodes come: that of the scenario, or that of a journal's object."""
    roles = {"hq": Role.MASTER} | {f"site-{number}": Role.SLAVE for number in range(12)}
    network = NetworkFacts(links={f"{name}-wan": (name, "wan") for name in roles}, clouds=["wan"])
    turned = dict(reversed(roles.items()))
    by_name = {name: roles[name] for name in sorted(roles)}
    assert positions(turned, network) == positions(by_name, network) == positions(roles, network)


def test_sites_of_one_town_and_two_routers_of_the_same_sites_cover_nothing() -> None:
    """All that is too near is moved aside; a picture is as wide as it needs to be."""
    roles = {"hq": Role.MASTER} | {f"site-{number}": Role.SLAVE for number in range(6)}
    places = {name: (9.5 + index / 100, 47.7) for index, name in enumerate(roles)}
    links = {f"{router}-{name}": (router, name) for router in ("one", "two") for name in roles}
    links["hq-internet"] = ("hq", INTERNET)
    for placed in (places, {}):
        network = NetworkFacts(links=links, routers=["one", "two"], places=placed)
        spots = positions(roles, network)
        for one, two in combinations(spots.values(), 2):
            assert abs(one[0] - two[0]) > 80 or abs(one[1] - two[1]) > 60
        assert all(60 < x < 900 and 20 < y < 600 for x, y in spots.values())


def test_what_carries_traffic_stands_between_those_that_it_joins() -> None:
    """A router without a place of its own is drawn towards its neighbors."""
    roles = {"hq": Role.MASTER, "east": Role.SLAVE, "west": Role.SLAVE}
    links = {"one": ("hq", "hub"), "two": ("hub", "east"), "three": ("hq", "west")}
    spots = positions(roles, NetworkFacts(links=links, routers=["hub"]))
    assert min(spots["hq"][0], spots["east"][0]) <= spots["hub"][0]
    assert spots["hub"][0] <= max(spots["hq"][0], spots["east"][0])
