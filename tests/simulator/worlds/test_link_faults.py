"""What befalls a link besides a cut, as steps of a scenario, and what comes of it."""

import re
import traceback

import pytest
from live_scenarios import SHORT_OUTAGE, too_narrow_for_hours

from licensing.events import (
    BandwidthChanged,
    ConnectionLost,
    Fact,
    HeartbeatAnswered,
    LinkCut,
    LinkFaulted,
    LinkHealed,
    LossChanged,
    NothingChanged,
    TransitFailed,
    TransitRepaired,
)
from licensing.policies import NS_PER_SECOND
from simulator.network.fabric import Network
from simulator.network.retransmission import RETRANSMISSION_NS
from simulator.report.histories import History
from simulator.report.phrases import TIED
from simulator.report.sentences import sentence
from simulator.runs.play import Result, play
from simulator.scenario import ScenarioError, parse_scenario
from simulator.worlds.known_names import UnknownName
from simulator.worlds.link_faults import LinkFaults


def played(fault: str) -> tuple[Result, list[object]]:
    """The short outage with another fault in place of the cut, and its facts."""
    facts: list[object] = []
    scenario = parse_scenario(SHORT_OUTAGE.replace("cut: hq-north", fault), "faults")
    return play(scenario, readers=[lambda entry: facts.append(entry.fact)]), facts


def test_what_is_dropped_ends_in_failover_and_the_heal_ends_it() -> None:
    """As after a cut, over new connections."""
    result, facts = played("drop: hq-north")
    assert result.holds
    assert LinkFaulted(link="hq-north", fault="drop") in facts
    assert LinkHealed(link="hq-north") in facts


def test_a_link_named_from_its_other_end_is_the_same() -> None:
    """Its own name stands in the journal."""
    _, facts = played("drop: north-hq")
    assert LinkFaulted(link="hq-north", fault="drop") in facts


@pytest.mark.parametrize("fault", ["refuse", "reset"])
def test_without_an_outage_there_is_no_failover(fault: str) -> None:
    """A refused dial disturbs nobody who is connected; a reset connection is dialed anew."""
    result, facts = played(f"{fault}: hq-north")
    wanted = [entry.fact.wanted for entry in result.shortfalls]  # type: ignore[union-attr]
    assert len(wanted) == 1
    assert "failover" in wanted[0]
    lost = [fact for fact in facts if isinstance(fact, ConnectionLost)]
    assert bool(lost) == (fault == "reset")


def test_reset_and_refused_together_are_an_outage() -> None:
    """Until the heal: nobody is let in any more."""
    result, _ = played("refuse: hq-north}\n  - {at: day 0 09:36, reset: hq-north")
    assert result.holds


def test_faults_are_milestones_of_a_comparison() -> None:
    """In both worlds they stand at their instants."""
    history = History()
    play(parse_scenario(SHORT_OUTAGE.replace("cut:", "drop:"), "drop"), readers=[history])
    assert "drop hq-north" in [milestone.words for milestone in history.milestones]


def test_what_is_lost_in_part_is_repeated_and_nobody_is_cut_off() -> None:
    """TCP's retransmission delays; the same seed loses the same segments."""
    one, facts = played("loss: {link: hq-north, percent: 40}")
    other, again = played("loss: {link: hq-north, percent: 40}")
    assert LossChanged(link="hq-north", loss_percent=40) in facts
    assert not any(isinstance(fact, ConnectionLost) for fact in facts)
    assert [str(shortfall) for shortfall in one.shortfalls] == [
        str(each) for each in other.shortfalls
    ]
    assert facts == again
    trips = [getattr(fact, "round_trip_ns", 0) or 0 for fact in facts]
    assert max(trips) >= RETRANSMISSION_NS


def test_a_heartbeat_takes_its_size_by_the_bandwidth() -> None:
    """Hundreds of times as narrow, hundreds of times as much on top of the two latencies."""

    def answered_after_ns(bandwidth: str) -> int:
        _, facts = played(f"bandwidth: {{link: north-hq, to: {bandwidth}}}")
        changed = next(fact for fact in facts if isinstance(fact, BandwidthChanged))
        after = facts[facts.index(changed) :]
        trips = [fact.round_trip_ns for fact in after if isinstance(fact, HeartbeatAnswered)]
        return max(trips) - 30_000_000

    wide, narrow, thin = map(answered_after_ns, ("20 Mbit/s", "64 kbit/s", "100 bit/s"))
    assert 50 * NS_PER_SECOND < thin * 100 // 8 < 150 * NS_PER_SECOND, "a hundred bytes or so"
    assert narrow == pytest.approx(thin * 100 / 64_000, rel=1e-3)
    assert wide == pytest.approx(thin * 100 / 20_000_000, rel=1e-1)


def test_a_link_too_narrow_for_an_answer_in_time_is_as_a_cut_one() -> None:
    """At 1 bit/s no heartbeat is answered within five minutes; a wider link ends the failover."""
    facts: list[object] = []
    result = play(too_narrow_for_hours(), readers=[lambda entry: facts.append(entry.fact)])
    assert result.holds
    lost = [fact.cause for fact in facts if isinstance(fact, ConnectionLost)]
    assert lost == ["heartbeat not answered"]


def test_a_link_on_which_all_is_lost_is_dropped_instead() -> None:
    """Nothing would ever get through; the step that says so is named."""
    with pytest.raises(ScenarioError, match="say `drop`"):
        played("loss: {link: hq-north, percent: 100}")


def test_a_cut_goes_from_the_step_through_the_link_faults_to_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three steps, and no function in between that only hands it on."""
    walks: list[list[str]] = []
    cut = Network.cut

    def walked(network: Network, *ends: str, **how: bool) -> object:
        calls = [call for call in traceback.extract_stack() if "/simulator/" in call.filename]
        rooms = [call.filename.rpartition("/simulator/")[2] for call in calls]
        performed = len(rooms) - rooms[::-1].index("runs/steps/__init__.py")
        walks.append(rooms[performed:-1])
        return cut(network, *ends, **how)

    monkeypatch.setattr(Network, "cut", walked)
    played("cut: hq-north")
    played("cut_one_way: {from: hq, to: north}")
    step = ["runs/steps/faults.py", "runs/steps/faults.py"]  # which link, and which fault
    assert walks == [[*step, "worlds/link_faults.py"]] * 2


class Recorded:
    """The faults of the short outage's links in a network of their own, and what they state."""

    def __init__(self, text: str = SHORT_OUTAGE) -> None:
        scenario = parse_scenario(text, "links")
        self.network = Network()
        for name in scenario.internetwork.transit:
            self.network.add_transit(name)
        for number, host in enumerate((*scenario.internetwork.nodes, "internet"), 1):
            self.network.add_host(host, f"10.0.0.{number}")
        for name, link in scenario.internetwork.links.items():
            self.network.add_link(*link.ends, name=name, latency_ns=link.latency)
        self.facts: list[Fact] = []
        self.faults = LinkFaults(scenario, self.network, self.facts.append)

    def said(self) -> list[str]:
        """Why nothing changed, since the last question."""
        why = [fact.why for fact in self.facts if isinstance(fact, NothingChanged)]
        self.facts.clear()
        return why


def test_what_a_link_has_already_is_stated_and_not_done_again() -> None:
    """Until the heal, which ends all that is wrong with it, and after which it is as new."""
    here = Recorded()
    for fault in (here.faults.cut, here.faults.refuse):
        fault("hq-north")
        assert here.said() == []
        fault("north-hq")
        assert len(here.said()) == 1
    here.faults.cut_one_way("hq-north", "hq")
    assert here.said() == ["it is cut in both directions already"]
    assert here.faults.cut_links == ["hq-north"]
    here.faults.heal("north-hq")
    assert here.facts == [LinkHealed(link="hq-north")]
    assert here.faults.cut_links == []
    here.said()
    here.faults.heal("hq-north")
    assert here.said() == ["the link was healthy"]
    here.faults.cut_one_way("hq-north", "hq")
    assert here.said() == []
    here.faults.cut_one_way("hq-north", "hq")
    assert here.said() == ["the link had that fault already (cut from hq to north)"]


TWO_LINES = SHORT_OUTAGE.replace(
    "  links:\n",
    "  clouds: {vpn: {}}\n"
    "  links:\n"
    "    hq-vpn: {bandwidth: 9 Mbit/s, latency: 9 ms}\n"
    "    lte: {joins: [north, hq], bandwidth: 5 Mbit/s, latency: 60 ms}\n",
)


def test_a_link_is_called_by_its_name_where_two_join_the_same_ends() -> None:
    """Its ends will do where they mean one; a cut of one direction names where it comes from."""
    here = Recorded(TWO_LINES)
    here.faults.cut_one_way("lte", "hq")
    here.faults.cut("vpn-hq")
    assert here.faults.cut_links == ["hq-vpn", "lte"]
    directions = [fact.directions for fact in here.facts if isinstance(fact, LinkCut)]
    assert directions == [["hq->north"], ["hq->vpn", "vpn->hq"]]
    paths = [here.network.path("hq", "north", link) for link in ("lte", "hq-north")]
    assert [path and path.passable for path in paths] == [False, True]
    both_named = TWO_LINES.replace("hq-north: {", "dsl: {joins: [hq, north], ")
    named = Recorded(re.sub(r"(cut|heal): hq-north", r"\1: dsl", both_named))
    with pytest.raises(UnknownName, match="'hq-north' may mean lte or dsl: name one"):
        named.faults.cut("hq-north")


def test_a_cloud_fails_once_and_is_repaired_once() -> None:
    """What changes nothing says so; what is no router or cloud is named with those that are."""
    here = Recorded(TWO_LINES)
    here.faults.fail("vpn")
    here.faults.fail("vpn")
    here.faults.repair("vpn")
    here.faults.repair("vpn")
    assert here.facts == [
        TransitFailed(name="vpn"),
        NothingChanged(where="vpn", why="it had failed already"),
        TransitRepaired(name="vpn"),
        NothingChanged(where="vpn", why="it had not failed"),
    ]
    assert here.faults.failed_transit == []
    with pytest.raises(UnknownName, match="no router or cloud 'hq'; known: vpn"):
        here.faults.fail("hq")


def test_a_refused_link_is_not_cut() -> None:
    """Open connections work on."""
    here = Recorded()
    here.faults.refuse("hq-north")
    assert here.faults.cut_links == []


def test_a_link_that_the_scenario_does_not_have_is_named() -> None:
    """With those that it has; nothing is stated and nothing is done."""
    here = Recorded()
    with pytest.raises(UnknownName, match="no link 'hq-south'; known: "):
        here.faults.cut("hq-south")
    with pytest.raises(UnknownName, match="no end 'south'; known: hq, north"):
        here.faults.cut_one_way("hq-north", "south")
    assert here.facts == []


def test_several_faults_at_one_time_are_listed_and_a_heal_says_what_it_leaves() -> None:
    """Each line names what else is in force; of a cut and a drop that is the earlier one."""
    here, link = Recorded(), "hq-north"
    here.faults.set_loss(link, 90)
    here.faults.set_latency(link, 200_000_000)
    here.faults.refuse(link)
    here.faults.cut(link)
    here.faults.drop(link)
    here.faults.heal(link)
    here.faults.heal(link)
    here.faults.set_latency(link, 15_000_000)
    here.faults.drop(link)
    here.faults.cut(link)
    here.faults.set_loss(link, 0)
    here.faults.heal(link)
    here.faults.heal(link)
    assert [sentence(fact).replace(TIED, " ") for fact in here.facts] == [
        "the link loses 90 % of what is sent",
        "latency of the link is now 200 ms; also in force: 90 % loss",
        "new connections over the link are refused; also in force: 90 % loss, latency 200 ms",
        "link cut; also in force: refusal of new connections, 90 % loss, latency 200 ms",
        "nothing changed: the cut that came before is in force until the heal",
        "link healed; 90 % loss, latency 200 ms remain",
        "nothing changed: no heal ends what is in force: 90 % loss, latency 200 ms",
        "latency of the link is now 15 ms; also in force: 90 % loss",
        "the link loses everything that is sent; also in force: 90 % loss",
        "nothing changed: the drop that came before is in force until the heal",
        "the link loses 0 % of what is sent; also in force: drop",
        "link healed",
        "nothing changed: the link was healthy",
    ]
