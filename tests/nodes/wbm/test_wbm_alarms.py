"""Every page tells what somebody has to act on, where they sit; open pages learn it.

The master tells of all nodes, a slave of itself and where the master is.
"""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from signed_in import at

from licensing.enrolment import CountedNode, EnrolledNodes
from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from licensing.words import CountedState, NodeState, Role
from nodes.wbm.alarms import Own, alarms, worst_first
from nodes.wbm.words import PAGES

HOURS_S = HOUR_NS / NS_PER_SECOND
DAY_S = DAY_NS / NS_PER_SECOND
READ = [*PAGES, "/local-user-licenses/print", "/local-user-licenses/of/100", "/nowhere"]
HQ = Own("hq", Role.MASTER, NodeState.REGULAR)
CUT_OFF = "north is cut off from the central CLA. Emergency mode there on 1 April 2026"
REQUIRED = "Relicensing is required. The failover period of north has ended."


def node(name: str, state: CountedState, rest_s: int | None = None) -> CountedNode:
    """A node as it may be counted; with a rest of its period it is away."""
    return CountedNode(
        node=name,
        fingerprint="",
        connected=rest_s is None,
        state=state,
        last_contact=None,
        hold_end=None,
        seats={},
        period_end=None if rest_s is None else datetime(2026, 4, 1, tzinfo=UTC),
        period_rest_s=rest_s,
    )


def known(*nodes: CountedNode, required: bool = False) -> EnrolledNodes:
    """What the central CLA answers."""
    return EnrolledNodes(nodes=list(nodes), unknown=[], relicensing_required=required)


def test_nothing_is_told_where_all_is_well() -> None:
    """Nor of a node that was never there, or is forgotten."""
    states = (CountedState.REGULAR, CountedState.NOT_SEEN, CountedState.UNLICENSED)
    nodes = known(*(node(state.value, state) for state in states))
    assert alarms(HQ, nodes, "") == []
    assert alarms(HQ, known(node("gone", CountedState.FORGOTTEN, 60)), "") == []


def test_the_worst_comes_first() -> None:
    """A CLA that serves nobody, relicensing, then who is cut off, by what is left to them."""
    nodes = known(
        node("hq", CountedState.REGULAR),
        node("late", CountedState.FAILOVER, 9 * 86_400),
        node("soon", CountedState.FAILOVER, 3600),
        node("over", CountedState.EMERGENCY, 0),
        required=True,
    )
    told = [(alarm.tone, alarm.title) for alarm in alarms(HQ, nodes, "")]
    assert told == [
        ("bad", "Relicensing is required."),
        ("open", "2 nodes are cut off from the central CLA."),
    ]
    text = alarms(HQ, nodes, "")[1].text
    assert text.index("soon on 1 April 2026, 00:00 UTC (1 h 0 min left)") < text.index("late")
    assert [each.node for each in worst_first(nodes.nodes)] == ["over", "soon", "late", "hq"]
    assert [alarm.short for alarm in alarms(HQ, known(), "It does not answer.")] == [
        "No central CLA"
    ]


def test_a_node_that_was_away_while_the_others_were_relicensed_is_still_told() -> None:
    """By the new epoch nothing is required, and it is in emergency mode until it comes (F4)."""
    (alarm,) = alarms(HQ, known(node("north", CountedState.UNLICENSED, 0)), "")
    assert alarm.text == "Emergency mode there since 1 April 2026, 00:00 UTC at the latest."


def test_many_nodes_are_one_alarm() -> None:
    """Three by their names and ends, the others as a number: the table has all."""
    away = [node(f"site-{number}", CountedState.FAILOVER, 3600 + number) for number in range(30)]
    (alarm,) = alarms(HQ, known(*away), "")
    assert alarm.title == "30 nodes are cut off from the central CLA."
    assert alarm.text.count("site-") == 3
    assert alarm.text.endswith("; 27 further nodes.")


@pytest.mark.parametrize("state", [NodeState.EMERGENCY, NodeState.RESTRICTED])
def test_out_of_use_is_said_of_what_looks_in_order(state: NodeState) -> None:
    """Ticks that are green elsewhere, and telephones that look idle."""
    (alarm,) = alarms(Own("north", Role.SLAVE, state), known(), "")
    assert (alarm.tone, alarm.page) == ("bad", "")
    assert "What is licensed here is out of use, and telephones only look idle." in alarm.text


async def cut_for(here, days: float) -> None:
    """North is cut off for so long."""
    await here.net.cut("hq-north")
    await asyncio.sleep(days * DAY_S)


async def test_every_page_of_the_master_tells_who_is_cut_off_and_when_relicensing_is_due() -> None:
    """A page of a form, of print, one that is not there; in its failover period, and after it."""
    async with at() as (here, browser):
        await here.license()
        await browser.sign_in("Expert")
        for path in READ:
            assert 'class="alarm ' not in (await browser.get(path)).source, path
        assert 'class="quiet">Relicense the internetwork' in (await browser.get("/activate")).source
        await cut_for(here, 2)
        await browser.sign_in("Expert")
        for path in READ:
            assert CUT_OFF in (await browser.get(path)).text, path
        await cut_for(here, 29)
        await browser.sign_in("Expert")
        for path in READ:
            page = await browser.get(path)
            assert REQUIRED in page.text, path
            assert CUT_OFF not in page.text
        page = await browser.get("/activate")
        assert "<button>Relicense the internetwork" in page.source
        assert page.text.index("Relicense the internetwork") < page.text.index("Online")


async def test_the_table_of_nodes_has_state_contact_end_and_seats() -> None:
    """At home, under License information and Nodes: a date and what is left, in use or reserved."""
    async with at() as (here, browser):
        await here.license()
        await cut_for(here, 2)
        await browser.sign_in("Expert")
        for path in ("/", "/license-information", "/nodes"):
            page = await browser.get(path)
            row = re.search(
                r"north in its failover period not connected (.*?) hq regular", page.text
            )
            assert row, path
            assert re.match(
                r"2 March 2026, \d\d:\d\d UTC 1 April 2026, \d\d:\d\d UTC 2[78] days \d+ h left ",
                row[1],
            )
            assert '<b class="reserved">' in page.source
        column = (await browser.get("/license-information")).text.partition("Free hq")[2]
        assert column.startswith(" north cut off south")


async def test_a_slave_leads_to_the_master_from_every_page() -> None:
    """And tells, in emergency mode, what is not as it looks."""
    async with at("north") as (here, browser):
        await here.license()
        await browser.sign_in("Expert")
        address = (await here.net.state("north")).master_address.partition(":")[0]
        for path in READ:
            page = await browser.get(path.replace("100", "200"))
            assert f'href="http://{address}:8102/">WBM of the master' in page.source, path
        await cut_for(here, 2)
        await browser.sign_in("Expert")
        home = await browser.get("/")
        assert re.search(r"Emergency mode begins on 1 April 2026, .* left\)", home.text)
        await cut_for(here, 29)
        await browser.sign_in("Expert")
        for path in READ:
            page = await browser.get(path.replace("100", "200"))
            assert "out of use, and telephones only look idle" in page.text, path
            assert 'data-state="emergency"' in page.source
        home = (await browser.get("/")).text
        assert "successfully licensed, out of use" in home
        assert "They only look idle: emergency calls" in home


def pieces(heard: list[str]) -> dict[str, str]:
    """What an open page was sent last, by places of the page."""
    return json.loads(heard[-1])["parts"]


async def test_a_page_of_the_master_that_is_open_learns_it() -> None:
    """When the central CLA counts it, and not when somebody asks next; and that it is over."""
    async with at() as (here, browser):
        await here.license()
        await browser.sign_in("Expert")
        heard: list[str] = []
        watching = asyncio.create_task(browser.listen("/live", heard))
        await asyncio.sleep(1.0)
        assert "cut off" not in pieces(heard)["alarms"]
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * HOURS_S)
        assert "north is cut off" in pieces(heard)["alarms"]
        assert "1 node cut off" in pieces(heard)["status"]
        assert 'class="reserved"' in pieces(heard)["nodes"]
        assert 'class="reserved"' in pieces(heard)["licenses"]
        await here.net.heal("hq-north")
        await asyncio.sleep(HOURS_S)
        assert "cut off" not in pieces(heard)["alarms"]
        watching.cancel()


async def test_what_is_left_of_a_period_is_told_anew() -> None:
    """At a slave, of which nothing else changes: an open home page tells of today, not of then."""
    async with at("north") as (here, browser):
        await here.license()
        await browser.sign_in("Expert")
        heard: list[str] = []
        watching = asyncio.create_task(browser.listen("/live", heard))
        await cut_for(here, 0.25)
        assert "29 days 18 h" in pieces(heard)["rest"]
        await asyncio.sleep(0.25 * DAY_S)
        assert "29 days 12 h" in pieces(heard)["rest"]
        assert "29 days 12 h left" in pieces(heard)["alarms"]
        watching.cancel()


async def test_a_central_cla_that_serves_nobody_is_an_alarm() -> None:
    """Its clock was set back by two days (F11): told on every page, with the reason."""
    async with at() as (here, browser):
        await here.license()
        await here.net.clock("hq", "-2 days")
        await asyncio.sleep(60.0)
        page = await browser.get("/registration")
        assert "The central CLA serves no node. The clock of" in page.text
