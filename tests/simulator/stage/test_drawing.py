"""What the map shows: requests on the way they take, states by form, parts of a bar that move."""

from itertools import combinations

import msgspec
import pytest
from staged import at, shipped, staged

from licensing.events import NetworkFacts, NodeFacts
from licensing.words import Role
from simulator.report.account.states import SiteState
from simulator.runs.play import play_timeline
from simulator.stage.drawing import drawing
from simulator.stage.license_view import LicenseView
from simulator.stage.stage import Stage
from simulator.stage.stage_page import rendered, rendering

DAY_MS = 86_400_000


async def passed(stage: Stage, minutes: int) -> dict[tuple[str, str], tuple[int, int]]:
    """What gets through each direction of each link, and what is lost on it, in so many minutes."""
    before = dict(stage.traffic.passed)
    await stage.hurry.pass_until(stage.now_ns + minutes * 60_000_000_000, "they have passed")
    return {
        key: (through - before.get(key, (0, 0))[0], lost - before.get(key, (0, 0))[1])
        for key, (through, lost) in stage.traffic.passed.items()
    }


async def test_requests_run_along_links_and_stop_at_a_cut():
    """To the master and back; over a cut link as far as the gap, from the end that asks.

    A heartbeat is a dot, and no word.
    """
    async with staged(shipped()) as stage:
        await stage.make_ready()
        words = rendered(at(stage), ["sentence", "story"])
        healthy = await passed(stage, 61)
        assert rendered(at(stage), ["sentence", "story"]) == words
        assert all(healthy["hq-north", end][0] > 0 for end in ("hq", "north"))
        assert all(lost == 0 for _, lost in healthy.values())
        await stage.net.cut("hq-north")
        cut = await passed(stage, 61)
        assert (cut["hq-north", "north"][0], cut["hq-north", "hq"][0]) == (0, 0)
        assert cut["hq-north", "north"][1] > 0
        assert cut["hq-south", "south"][0] > 0


async def test_where_a_path_moved_requests_take_the_other_way():
    """The cloud fails: what north asks goes over its second line."""
    async with staged(shipped("hub-and-cloud")) as stage:
        await stage.make_ready()
        second = next(
            name
            for name, link in stage.scenario.internetwork.links.items()
            if set(link.ends) == {"north", "hq"}
        )
        assert (await passed(stage, 61)).get((second, "north"), (0, 0)) == (0, 0)
        await stage.net.fail("mpls")
        looked_at = at(stage, kind="transit", name="mpls")
        assert looked_at["links"]["mpls"].faults == "failed"
        assert "Repair mpls" in rendered(looked_at, ["panel"])["panel"]
        assert (await passed(stage, 61))[second, "north"][0] > 0


def test_each_state_has_a_form_or_a_sign_of_its_own():
    """They differ without any color."""
    form, sign = (rendering().macro("map.html", name) for name in ("form", "sign"))
    drawn = {f"{form(state.value, 24)}{sign(state.value, 24)}" for state in SiteState}
    assert len(drawn) == len(SiteState)


@pytest.mark.parametrize("sites", [16, 17, 24, 31, 40])
def test_names_and_states_of_sites_stand_apart(sites: int):
    """Also where they are many, and whatever the state of each."""
    names = [f"branch-{number}" for number in range(1, sites)]
    nodes = {"hq": NodeFacts(Role.MASTER, "", {}, {}, "")}
    nodes |= {name: NodeFacts(Role.SLAVE, "", {}, {}, "") for name in names}
    links = {f"hq-{name}": ("hq", name) for name in (*names, "internet")}
    spots = [spot for spot in drawing(nodes, NetworkFacts(links)).spots if spot.name in nodes]
    assert [
        (one.name, other.name)
        for one, other in combinations(spots, 2)
        if abs(one.x - other.x) < 66 and abs(one.y - other.y) < 60
    ] == []


def license_view(*shares: tuple[str, int, int], refused: tuple = ()) -> LicenseView:
    """Ten seats of one license."""
    in_use, reserved = sum(used for _, used, _ in shares), sum(held for _, _, held in shares)
    free = 10 - in_use - reserved
    return LicenseView("hq", "ip", "IP", 10, in_use, reserved, free, shares, refused, 0)


def test_a_part_of_a_bar_moves_where_seats_become_reserved():
    """It keeps its place among the others, and slides behind what is used."""
    before = license_view(("a", 2, 0), ("b", 3, 0)).bars
    after = license_view(("a", 0, 2), ("b", 3, 0), refused=(("b", 5),)).bars
    assert [(bar.node, bar.how, bar.x) for bar in before] == [("a", "used", 0), ("b", "used", 20)]
    assert [(bar.node, bar.how, bar.x, bar.width) for bar in after] == [
        ("a", "reserved", 30, 20), ("b", "used", 0, 30), ("b", "refused", 50, 50),
    ]  # fmt: skip


def test_what_is_written_on_a_part_fits_on_it():
    """Node and number, or the number alone, or nothing: parts are beside each other."""
    long, short = ("villingen-schwenningen", 2, 0), ("b", 2, 0)
    assert [bar.words for bar in license_view(long, short).bars] == ["2", "b 2"]
    (whole,) = license_view(("villingen-schwenningen", 10, 0)).bars
    assert whole.words == "villingen-schwenningen 10"
    many = license_view(*((f"n{number}", 1, 0) for number in range(10)))
    many = msgspec.structs.replace(many, bought=200)
    assert {bar.words for bar in many.bars} == {""}


async def test_ip_licenses_that_stand_in_for_others_are_seen():
    """As a part of their own on their bar, in words at the other license; it adds up."""
    async with staged(shipped("flexible-licensing")) as stage:
        for _ in range(5):
            await stage.steps.one()
        seen = at(stage)
        html = rendered(seen, ["licenses"])["licenses"]
    ip, tdm = (next(row for row in seen["licenses"] if row.key == key) for key in ("ip", "tdm"))
    assert [(bar.node, bar.how, bar.seats) for bar in ip.bars] == [
        ("hq", "used", 4),
        ("", "lent", 2),
    ]
    assert ip.in_use + ip.reserved + ip.lent + ip.free == ip.bought == 6
    assert (tdm.in_use, tdm.bought, tdm.borrowed, tdm.lent) == (4, 2, 2, 0)
    assert "4 + 2 standing in of 6, 0 free" in html
    assert "4 of 2, 2 by IP licenses, 0 free" in html


async def test_a_license_of_which_nothing_is_left_has_no_row():
    """Systems that were combined have no central CLA of their own any more."""
    async with staged(shipped("three-systems-combined")) as stage:
        await play_timeline(stage.net)
        rows = at(stage)["licenses"]
        gone = [key for key in stage.recorder.fold.recording.now if key[0] == "license"]
    assert all(row.bought or row.in_use or row.reserved or row.refused for row in rows)
    assert 0 < len(rows) < len(gone)


async def test_a_part_without_room_for_its_name_tells_it_when_pointed_at():
    """Thirty parts of a bar are too narrow for words."""
    async with staged(shipped("thirty-branches-and-a-line-that-flaps")) as stage:
        await stage.steps.set_up()
        html = rendered(at(stage), ["licenses"])["licenses"]
    assert "<title>branch-7: 5 in use</title>" in html
    assert "<title>hq" not in html


async def test_over_use_is_framed_and_said_in_numbers():
    """From when a node goes on with a seat that somebody else has, too."""
    async with staged(shipped("outlives-its-hold")) as stage:
        await play_timeline(stage.net)
        before, after = (
            rendered(at(stage, instant_ms), ["licenses"])["licenses"]
            for instant_ms in (33 * DAY_MS, stage.now_ns // 1_000_000)
        )
    for sign in ('class="license is-over"', "over-used by 1<"):
        assert (before.count(sign), after.count(sign)) == (0, 1)


async def test_the_license_bars_are_as_the_central_cla_counts():
    """Cut off, what a node has is reserved; the sums are those of the license table."""
    async with staged(shipped()) as stage:
        await stage.make_ready()
        await stage.net.cut("hq-north")
        await passed(stage, 120)
        with stage.clock.answering():
            table = await stage.net.license_table()
        shown = {row.key: (row.bought, row.in_use, row.reserved) for row in at(stage)["licenses"]}
        counted = {row.license: (row.bought, row.in_use, row.reserved) for row in table.licenses}
        assert {key: counted[key] for key in shown} == shown
        assert shown["tdm"] == (10, 0, 10)
