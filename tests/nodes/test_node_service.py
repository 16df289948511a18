"""A node as users, neighbors and its central CLA meet it: real HTTP and SQLite, in virtual time."""

import asyncio

import pytest
from branches import CLA_PROGRAM, REGISTRATION, branches

from licensing.errors import LicensingError
from licensing.events import (
    CallReleased,
    ConnectionLost,
    DecisionReceived,
    DemandDecided,
    DemandUnanswered,
    DemandUnsent,
    HeartbeatAnswered,
    RegistrationSaved,
    StateChanged,
)
from licensing.messages import Registration
from licensing.words import CallOutcome, LicenseState, NodeState, Role
from nodes.administration import ActivateOnline, Wizard
from runtime.http import Nothing

FAILOVER, REGULAR = NodeState.FAILOVER, NodeState.REGULAR


def minute(number: float) -> float:
    """Minutes in seconds."""
    return number * 60


async def row(here, node: str, holder: str, license_key: str) -> LicenseState:
    """One cell of a node's overview."""
    rows = (await here.net.licenses(node)).rows
    return next(r.state for r in rows if (r.holder, r.license) == (holder, license_key))


# Activation


async def test_activation_is_the_masters_and_needs_registration_data():
    """Manual 4.3.1, 4.4: each refusal has its reason, and nothing has happened."""
    async with branches() as here:
        order = ActivateOnline(lac=here.net.lacs["LAC-1"])
        assert await here.refusal("north", "/v1/activate", order) == "not-master"
        assert await here.refusal("north", "/v1/relicense", Nothing()) == "not-master"
        assert await here.refusal("hq", "/v1/activate", order) == "registration-missing"
        for company, contact, code in (
            ("", "it@example.com", "registration-incomplete"),
            ("a", " ", "registration-incomplete"),
            ("a", "somebody", "contact-malformed"),
        ):
            incorrect = Registration(company=company, contact=contact)
            assert await here.refusal("hq", "/v1/registration", incorrect) == code
        assert not (await here.net.state("hq")).registered
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(1)
        assert {node: await here.state(node) for node in ("hq", "north", "south")} == {
            "hq": REGULAR,
            "north": REGULAR,
            "south": REGULAR,
        }
        assert await here.refusal("hq", "/v1/relicense", Nothing()) == "relicensing-not-required"


@pytest.mark.parametrize("address", [":1", "http://hq", "hq:x"])
async def test_a_master_address_that_is_none_changes_nothing(address):
    """The wizard says what it wants, and the old membership stays."""
    async with branches() as here:
        before = await here.net.state("north")
        wizard = Wizard(role=Role.SLAVE, master_address=address)
        assert await here.refusal("north", "/v1/wizard", wizard) == "request-malformed"
        assert await here.net.state("north") == before


async def test_registration_data_survive_a_power_cut():
    """What was answered is on the disk."""
    async with branches() as here:
        data = Registration(company="Example Ltd", contact="it@example.com")
        await here.tell("hq", "/v1/registration", data)
        await here.damage("hq", lambda _: None)
        assert (await here.net.state("hq")).registered
        assert here.facts("hq", RegistrationSaved) == [RegistrationSaved(company="Example Ltd")]


async def test_the_first_wbm_access_begins_the_activation_period():
    """F10: 30 days with all features and no message, then restricted; a restart gains nothing."""
    async with branches() as here:
        await here.net.run_until("day 29")
        await here.net.expect("all", state="activation-period", display="idle")
        await here.net.call("200", "0891234567", expect="connected")
        await here.damage("north", lambda _: None)
        assert await here.state("north") is NodeState.ACTIVATION_PERIOD
        await here.net.run_until("day 30 08:00:10")
        await here.net.expect("all", state="restricted", display="idle")
        await here.net.call("200", "0891234567", expect="refused")
        await here.net.call("200", "112", expect="connected")
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(1)
        await here.net.expect("all", state="regular")


async def test_a_node_says_which_calls_are_up_and_what_led_to_its_status():
    """Until they are released, or cleared for an emergency call (F5); the cause by any restart."""
    async with branches() as here:
        await here.license()
        await here.net.call("200", "0891234567", lasting="1 h")
        calls = await here.net.calls("north")
        assert [(c.source, c.trunk, c.emergency) for c in calls] == [("200", "s2m-1", False)]
        await here.net.call("201", "112", lasting="1 min")
        assert [call.emergency for call in await here.net.calls("north")] == [True]
        await asyncio.sleep(minute(2))
        assert await here.net.calls("north") == []
        await here.net.cut("hq-north")
        await asyncio.sleep(minute(75))
        assert (await here.net.state("north")).cause == "connection to the central CLA lost"
        await here.damage("north", lambda _: None)
        assert (await here.net.state("north")).cause == "connection to the central CLA lost"


# Check and unlock


async def test_in_failover_demands_stay_and_releases_are_sent_on_reconnection():
    """F8: nothing is granted without the CLA, what is given up is free once it knows of it."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(minute(70))
        assert await here.state("north") is FAILOVER
        await here.net.unassign("202", "tdm")
        await here.assign("north", ("200", "voicemail"))
        answer = await here.unlock("north")
        assert (answer.answered, answer.granted, answer.demand) == (False, [], "unsent")
        assert [s.license for s in here.facts("north", DemandUnsent)[-1].seats] == ["voicemail"]
        assert await row(here, "north", "202", "tdm") == "configurable"
        assert await row(here, "north", "200", "voicemail") == "unsaved demand"
        assert (await here.net.licenses("north")).in_use == {"tdm": 2, "s2m": 1}
        assert (await here.net.licenses("north")).networking == 1
        await here.damage("north", lambda _: None)
        await here.net.heal("hq-north")
        await asyncio.sleep(minute(40))
        assert await here.state("north") is REGULAR
        (released,) = [f.released for f in here.facts("hq", DemandDecided) if f.released]
        assert [(seat.holder, seat.license) for seat in released] == [("202", "tdm")]
        assert (await here.net.state("north")).demand == "unsent", "a restart forgets it not"
        assert (await here.unlock("north")).answered
        assert await row(here, "north", "200", "voicemail") == "licensed"
        assert (await here.net.state("north")).demand == "none"


async def test_a_demand_whose_answer_is_lost_is_decided_once_and_applied_after_the_heal():
    """A8: the link fails in one direction between demand and answer; no seat is taken twice."""
    async with branches() as here:
        await here.license()
        await here.net.unassign("202", "tdm")
        await here.unlock("north")
        await here.net.assign("202", "tdm")
        await here.net.cut_one_way("hq", "north")
        assert await here.refusal("north", "/v1/unlock", Nothing()) == "agent-unreachable"
        decided = here.facts("hq", DemandDecided)[-1]
        assert (decided.node, [seat.holder for seat in decided.granted]) == ("north", ["202"])
        assert await row(here, "north", "202", "tdm") == "unsaved demand"
        assert (await here.net.state("north")).request_pending
        assert (await here.net.state("north")).demand == "waiting"
        assert len(here.facts("north", DemandUnanswered)) == 1
        assert await here.refusal("north", "/v1/unlock", Nothing()) == "request-pending"
        await here.damage("north", lambda _: None)
        await here.net.heal("hq-north")
        await asyncio.sleep(minute(40))
        assert await row(here, "north", "202", "tdm") == "licensed"
        assert not (await here.net.state("north")).request_pending
        ids = [fact.request_id for fact in here.facts("hq", DemandDecided)]
        assert len(ids) == len(set(ids)), "decided once"
        received = [fact.request_id for fact in here.facts("north", DecisionReceived)]
        assert received.count(decided.request_id) == 1
        table = await here.net.license_table()
        assert next(r.in_use for r in table.licenses if r.license == "tdm") == 3


async def test_two_checks_at_once_are_one():
    """The second learns that one is under way."""
    async with branches() as here:
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(1)
        await here.assign("north", ("200", "tdm"))
        first, second = await asyncio.gather(
            here.unlock("north"), here.unlock("north"), return_exceptions=True
        )
        assert first.answered
        assert isinstance(second, LicensingError)
        assert second.code == "request-pending"


async def test_the_network_wizard_can_be_run_again_without_loss():
    """The key is pinned anew; a power cut in between finds the stored lease as good as before."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await here.enrol("north")
        await here.damage("north", lambda _: None)
        assert await here.state("north") is REGULAR
        await asyncio.sleep(minute(6))
        assert await here.state("north") is FAILOVER
        await here.net.heal("hq-north")
        await asyncio.sleep(minute(10))
        assert await here.state("north") is REGULAR
        assert (await here.net.licenses("north")).in_use == {"tdm": 3, "s2m": 1}


# The link


async def test_a_short_break_is_redialed_at_once_and_shows_nothing():
    """Reset connections, one soon after the other: never failover, never a message (no flicker)."""
    async with branches() as here:
        await here.license()
        for pause_s in (minute(60), 1, 30, minute(3)):
            await asyncio.sleep(pause_s)
            here.net.world.loop.sockets.network.reset("hq", "north")
        await asyncio.sleep(minute(10))
        assert len(here.facts("north", ConnectionLost)) >= 3
        assert here.states("north") == [REGULAR]
        assert (await here.net.state("north")).connected


async def test_a_break_right_after_a_long_outage_is_no_second_outage():
    """The many dialings in vain before the welcome do not delay the next one."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await here.net.run_until("day 10")
        await here.net.heal("hq-north")
        await here.net.happens(
            lambda e: isinstance(e.fact, StateChanged) and e.fact.after is REGULAR
        )
        await asyncio.sleep(30)
        here.net.world.loop.sockets.network.reset("hq", "north")
        await asyncio.sleep(minute(15))
        assert here.states("north") == [REGULAR, FAILOVER, REGULAR]


async def test_one_heartbeat_an_hour_keeps_a_node_regular():
    """Domain 5, Timing: 24 in a day, each journaled with its round trip."""
    async with branches() as here:
        await here.license()
        await here.net.run_until("day 1 08:00:10")
        beats = here.facts("north", HeartbeatAnswered)
        assert len(beats) == 24
        assert all(30_000_000 <= beat.round_trip_ns < 40_000_000 for beat in beats)


async def test_a_stopped_cla_puts_the_masters_own_system_into_failover_too():
    """F7: the master's node uses the CLA on its host like everyone else."""
    async with branches() as here:
        await here.license()
        await here.net.crash("hq")
        here.net.world.machines["hq"].programs.pop(CLA_PROGRAM)
        await here.net.start("hq")
        await asyncio.sleep(minute(70))
        await here.net.expect("all", state="failover", display="Failover Period")


# Calls


async def test_calls_to_another_node_go_over_the_link():
    """Connected while it carries, refused with the reason while it is cut, and never for ever."""
    async with branches() as here:
        await here.license()
        answer = await here.net.call("100", "200", expect="connected")
        assert answer.trunk == ""
        await here.net.cut("hq-north")
        answer = await here.net.call("100", "200", expect="refused")
        assert answer.reason == "node-unreachable"
        await here.net.call("100", "300", expect="connected")
        await here.net.call("300", "201", refused="node-unreachable")  # its way leads over hq
        await here.net.heal("hq-north")
        await here.net.call("300", "201", expect="connected")


async def test_an_emergency_call_clears_the_newest_other_call():
    """F5: the single channel is busy, 112 gets it; the call that lost it is over."""
    async with branches() as here:
        await here.license()
        await here.net.call("200", "0891234567", lasting="1 h", expect="connected")
        refused = await here.net.call("201", "0891234567", expect="refused")
        assert refused.reason == "all-channels-busy"
        emergency = await here.net.call("202", "112", lasting="10 min", expect="connected")
        assert emergency.trunk == "s2m-1"
        await asyncio.sleep(1)
        (cleared,) = here.facts("north", CallReleased)
        assert (cleared.source, cleared.cleared) == ("200", True)
        await asyncio.sleep(minute(10))
        assert [c.cleared for c in here.facts("north", CallReleased)] == [True, False]
        await here.net.call("201", "0891234567", expect="connected")
        await asyncio.sleep(minute(60))
        assert len(here.facts("north", CallReleased)) == 3, "hung up already: no error, no fact"


async def test_a_call_lasts_as_long_as_it_is_kept_up():
    """`for: 5 min`: the channel is busy until then and free afterwards."""
    async with branches() as here:
        await here.license()
        await here.net.call("outside", "200", lasting="5 min", expect="connected")
        await asyncio.sleep(minute(4))
        await here.net.call("201", "0891234567", expect="refused")
        await asyncio.sleep(minute(2))
        await here.net.call("201", "0891234567", expect="connected")


async def test_a_call_from_nobody_is_an_error_and_to_nobody_an_external_one():
    """A typing mistake in a number is refused; an unknown number is somebody outside."""
    async with branches() as here:
        await here.license()
        with pytest.raises(ValueError, match="999"):
            await here.net.call("999", "200")
        assert (await here.net.call("100", "999")).outcome is CallOutcome.CONNECTED
        answer = await here.net.call("outside", "200")
        assert answer.trunk == "s2m-1"


async def test_a_node_that_does_not_reach_the_cla_says_why():
    """An administrator sees it in the state, after the hourly heartbeat; a session ends it."""
    async with branches() as here:
        await here.license()
        assert (await here.net.state("north")).failure == ""
        await here.net.cut("hq-north")
        await asyncio.sleep(minute(130))
        state = await here.net.state("north")
        assert (state.connected, state.refusal, state.failure) == (False, "", "time-out")
        await here.net.heal("hq-north")
        await asyncio.sleep(minute(130))
        state = await here.net.state("north")
        assert (state.connected, state.failure) == (True, "")
