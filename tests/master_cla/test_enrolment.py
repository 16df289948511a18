"""F16: forgetting a node, another key under its name, a node that comes again; who asks in vain.

Each test is one sentence of the rule, with a CLA that counts and nodes that are spoken for.
"""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from agency import ADDRESSES, Agency, Refused, Session, seats

from licensing.errors import LicensingError
from licensing.events import (
    AgentStopped,
    HoldEnded,
    LeaseSigned,
    NodeEnrolled,
    NodeForgotten,
    NodeKeyChanged,
    RelicensingRequired,
    SessionRefused,
)
from licensing.messages import LeaseAcknowledged, Welcome
from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from licensing.signing import SigningKey
from licensing.words import Condition, CountedState
from master_cla.unknown_nodes import MOST, Stranger, UnknownNodes

NEW_KEY = SigningKey(b"new hardware".ljust(32))


async def with_seats(here: Agency, name: str = "north", numbers: str = "123") -> Session:
    """A connected node with three IP licenses in a lease that it has acknowledged."""
    session = await here.connect(name)
    await session.demand("1", seats(*((number, "ip") for number in numbers)))
    await session.send(LeaseAcknowledged(seq=2))
    await asyncio.sleep(0.1)
    return session


async def cut_off(here: Agency, name: str = "north") -> None:
    """The same, gone."""
    session = await with_seats(here, name)
    await session.socket.close()
    await asyncio.sleep(0.1)


async def welcomed_as(here: Agency, name: str, **fields: object) -> tuple[Session, Welcome]:
    """The host north, by a name of its own choice."""
    session = await here.dial("north")
    return session, await session.ask(here.hello(session, name, **fields), Welcome)


async def refused(here: Agency, name: str, **fields: object) -> str:
    """With which code a hello is refused."""
    session = await here.dial(name)
    await session.send(here.hello(session, name, **fields))
    with pytest.raises(Refused) as refusal:
        await session.receive()
    return str(refusal.value)


async def refusal_of(operation) -> str:
    """With which code an operation is refused."""
    with pytest.raises(LicensingError) as error:
        await operation
    return error.value.code


async def pass_ns(duration_ns: int) -> None:
    """Let time pass."""
    await asyncio.sleep(duration_ns / NS_PER_SECOND)


async def counted(here: Agency) -> dict[str, CountedState]:
    """What the CLA counts of each node."""
    return {each.node: each.state for each in (await here.nodes()).nodes}


async def test_a_forgotten_node_is_unknown_and_keeps_its_seats_until_its_hold_ends(
    here: Agency,
) -> None:
    """Nothing comes free before, and nothing ever needs relicensing for it (F6)."""
    await cut_off(here)
    forgotten = await here.forget("north")
    assert forgotten.seats == {"networking": 1, "ip": 3}
    assert forgotten.free_at is not None
    assert await refused(here, "north", seq=2, epoch=1, serial=1) == "node-unknown"
    await pass_ns(29 * DAY_NS)
    assert (await here.licenses())["ip"].free == 1
    await here.restart()
    assert await counted(here) == {
        "hq": CountedState.NOT_SEEN,
        "north": CountedState.FORGOTTEN,
        "south": CountedState.NOT_SEEN,
    }
    await pass_ns(2 * DAY_NS)
    assert (await here.licenses())["ip"].free == 4
    assert here.facts(HoldEnded) == [HoldEnded(node="north", seats={"networking": 1, "ip": 3})]
    assert not here.facts(RelicensingRequired)
    assert not (await here.state()).relicensing_required
    assert "north" not in await counted(here)


async def test_the_seats_of_a_node_whose_hardware_is_destroyed_are_free_at_once(
    here: Agency,
) -> None:
    """By name in the journal; also for one that was forgotten before."""
    await cut_off(here)
    await here.forget("north")
    assert (await here.forget("north", destroyed=True)).free_at is None
    assert (await here.licenses())["ip"].free == 4
    await here.restart()
    assert (await here.licenses())["ip"].free == 4
    seats_of_north = {"networking": 1, "ip": 3}
    assert here.facts(NodeForgotten) == [
        NodeForgotten(node="north", destroyed=False, seats=seats_of_north),
        NodeForgotten(node="north", destroyed=True, seats=seats_of_north),
    ]
    await pass_ns(31 * DAY_NS)
    assert not here.facts(HoldEnded)
    assert not here.facts(RelicensingRequired)


async def test_who_can_be_asked_is_not_forgotten(here: Agency) -> None:
    """A connected node, the master's own system, nobody."""
    await with_seats(here)
    await here.connect("hq")
    assert await refusal_of(here.forget("north", destroyed=True)) == "node-connected"
    assert await refusal_of(here.forget("hq")) == "master-indispensable"
    assert await refusal_of(here.forget("east")) == "node-unknown"
    assert not here.facts(NodeForgotten)
    assert (await counted(here))["north"] is CountedState.REGULAR


async def test_a_forgotten_node_that_is_enrolled_again_takes_its_seats_up(here: Agency) -> None:
    """With the same key, also after a restart of the CLA."""
    await cut_off(here)
    await here.forget("north")
    await here.restart()
    assert (await here.enrol("north")).seen
    again = await here.connect("north", seq=2, epoch=1, serial=1)
    assert here.lease(again.welcome.lease, "north").seats == {"networking": 1, "ip": 3}
    assert (await here.licenses())["ip"].free == 1


async def test_forgetting_takes_back_no_relicensing(here: Agency) -> None:
    """Its period had ended before: the internetwork must be relicensed all the same (F4)."""
    hq = await here.connect("hq")
    await hq.send(LeaseAcknowledged(seq=1))
    await cut_off(here)
    await here.beat(hq, 31 * 24, seq=1)
    assert (await here.state()).relicensing_required
    assert (await counted(here))["north"] is CountedState.EMERGENCY
    await here.forget("north", destroyed=True)
    assert (await here.state()).relicensing_required
    await here.enrol("north")
    north = await here.connect("north", seq=2, epoch=1, serial=1)
    assert north.welcome.condition is Condition.RELICENSING_REQUIRED


async def test_another_key_asks_whether_the_old_hardware_is_destroyed(here: Agency) -> None:
    """Under a known name and under a forgotten one; until it is answered nothing changes."""
    await cut_off(here)
    old, here.keys["north"] = here.keys["north"], NEW_KEY
    assert await refusal_of(here.enrol("north")) == "node-key-differs"
    await here.forget("north")
    assert await refusal_of(here.enrol("north")) == "node-key-differs"
    here.keys["north"] = old
    await here.enrol("north")
    await here.connect("north", seq=2, epoch=1, serial=1)


async def test_a_key_that_was_never_here_is_replaced_without_a_question(here: Agency) -> None:
    """It was mistyped, or the node has another one by now: nothing can be in use by it."""
    here.keys["north"] = NEW_KEY
    await here.enrol("north")
    await here.connect("north")
    assert not here.facts(NodeKeyChanged)


async def test_seats_pass_to_the_new_key_of_destroyed_hardware(here: Agency) -> None:
    """By name in the journal; the old key is a stranger's."""
    await cut_off(here)
    old, here.keys["north"] = here.keys["north"], NEW_KEY
    await here.enrol("north", destroyed=True)
    north = await here.connect("north")
    assert here.lease(north.welcome.lease, "north").seats == {"networking": 1, "ip": 3}
    held = {"networking": 1, "ip": 3}
    assert here.facts(NodeKeyChanged) == [NodeKeyChanged(node="north", destroyed=True, seats=held)]
    here.keys["north"] = old
    assert await refused(here, "north", seq=2, epoch=1, serial=1) == "signature-invalid"


async def test_what_has_passed_to_a_new_key_is_what_its_holders_demand(here: Agency) -> None:
    """By whatever number; nobody else can have it, and what is left goes when the node leaves."""
    await cut_off(here)
    south = await with_seats(here, "south", "9")
    here.keys["north"] = NEW_KEY
    await here.enrol("north", destroyed=True)
    north = await here.connect("north")
    decision = await south.demand("2", seats(("8", "ip")))
    assert [seat.reason for seat in decision.refused] == ["too-few-licenses"]
    decision = await north.demand("2", seats(("7", "ip"), ("1", "ip")))
    assert not decision.refused
    assert decision.lease is None, "it has the same lease as before"
    await north.demand("3", [], seats(("7", "ip"), ("1", "ip"), ("system", "networking")))
    decision = await south.demand("3", seats(("8", "ip"), ("7", "ip"), ("6", "ip")))
    assert not decision.refused


async def test_seats_of_hardware_that_may_live_stay_reserved(here: Agency) -> None:
    """The new key demands its own; the old one's come free when its hold ends (F9)."""
    await cut_off(here)
    here.keys["north"] = NEW_KEY
    await here.enrol("north", destroyed=False)
    north = await here.connect("north")
    assert here.lease(north.welcome.lease, "north").seats == {"networking": 1}
    decision = await north.demand("2", seats(("1", "ip"), ("2", "ip")))
    assert decision.granted == seats(("1", "ip"))
    (changed,) = here.facts(NodeKeyChanged)
    assert (await here.licenses())["ip"].held == {"north": 1, changed.former: 3}
    await here.restart()
    assert (await here.licenses())["ip"].held == {"north": 1, changed.former: 3}
    await here.connect("north")
    await pass_ns(30 * DAY_NS + 8 * HOUR_NS)
    held = {"networking": 1, "ip": 3}
    assert HoldEnded(node=changed.former, seats=held) in here.facts(HoldEnded)
    assert not here.facts(RelicensingRequired)


async def test_former_hardware_can_be_declared_destroyed_later(here: Agency) -> None:
    """It is forgotten by the name that the list has for it."""
    await cut_off(here)
    here.keys["north"] = NEW_KEY
    await here.enrol("north", destroyed=False)
    (former,) = [each.node for each in (await here.nodes()).nodes if each.former_of]
    await here.forget(former, destroyed=True)
    assert (await here.licenses())["ip"].free == 4
    assert [each.node for each in (await here.nodes()).nodes if each.former_of] == []


@pytest.mark.parametrize("destroyed", [True, False])
async def test_a_former_key_that_is_enrolled_again_has_its_own_seats(
    here: Agency, destroyed: bool
) -> None:
    """The box that was thought to be gone is found: its seats never were anybody else's."""
    await cut_off(here)
    old, here.keys["north"] = here.keys["north"], NEW_KEY
    await here.enrol("north", destroyed=False)
    new = await here.connect("north")
    await new.demand("2", seats(("9", "ip")))
    await new.socket.close()
    await asyncio.sleep(0.1)
    here.keys["north"] = old
    await here.enrol("north", destroyed=destroyed)
    found = await here.connect("north", seq=2, epoch=1, serial=1)
    assert here.lease(found.welcome.lease, "north").seats == {"networking": 1, "ip": 3}
    assert (await here.licenses())["ip"].free == (1 if destroyed else 0)
    await here.restart()
    assert (await here.licenses())["ip"].free == (1 if destroyed else 0)
    if not destroyed:
        here.keys["north"] = NEW_KEY
        await here.enrol("north", destroyed=True)
        assert (await here.licenses())["ip"].free == 3


async def test_nobody_is_let_in_by_the_name_of_a_former_key(here: Agency) -> None:
    """It is a name of the books, not of a node."""
    await cut_off(here)
    old, here.keys["north"] = here.keys["north"], NEW_KEY
    await here.enrol("north", destroyed=False)
    (former,) = here.facts(NodeKeyChanged)
    here.keys[former.former] = old
    session = await here.dial("north")
    await session.send(here.hello(session, former.former, seq=2, epoch=1, serial=1))
    with pytest.raises(Refused, match="node-unknown"):
        await session.receive()
    assert await refusal_of(here.enrol(former.former)) == "request-malformed"


async def test_a_name_that_differs_in_capital_letters_only_is_no_other_node(here: Agency) -> None:
    """With another key it is refused with both names; with its own it is the node itself."""
    session = await with_seats(here)
    here.keys |= {"NORTH": NEW_KEY, "HQ": NEW_KEY}
    for mine, known in (("NORTH", "north"), ("HQ", "hq")):
        with pytest.raises(LicensingError, match=f"{mine} and {known}, which") as refusal:
            await here.enrol(mine, destroyed=True)
        assert refusal.value.code == "node-name-taken"
    await session.socket.close()
    await asyncio.sleep(0.1)
    here.keys["NORTH"] = here.keys["north"]
    await here.enrol("NORTH")
    renamed, welcome = await welcomed_as(here, "NORTH", seq=2, epoch=1, serial=1)
    assert here.lease(welcome.lease, "NORTH").node == "north"
    await renamed.demand("2", seats(("4", "ip")), lease_id="north/1")
    assert (await here.licenses())["ip"].held == {"north": 4}
    assert {fact.node for fact in here.facts(NodeEnrolled)} == {"hq", "north", "south"}


async def test_a_node_is_forgotten_however_its_name_is_written(here: Agency) -> None:
    """One that was forgotten is in no other's way; both can never be enrolled."""
    await cut_off(here)
    here.keys["North"] = NEW_KEY
    await here.forget("NORTH")
    (forgotten,) = here.facts(NodeForgotten)
    assert forgotten.node == "north"
    await here.enrol("North")
    await welcomed_as(here, "North")
    assert await refusal_of(here.enrol("north")) == "node-name-taken"


async def test_a_store_with_two_names_that_differ_in_case_is_refused_with_both(
    here: Agency,
) -> None:
    """The state of a version before is left as it is; there one of the two can be forgotten."""
    await here.machines["hq"].stop()
    database = here.machines["hq"].program_directory("cla") / "cla.db"
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE nodes SET name = 'NORTH' WHERE name = 'south'")
    before = database.read_bytes()
    here.ended.clear()
    await here.machines["hq"].start()
    await asyncio.sleep(1)
    (stopped,) = here.facts(AgentStopped)
    here.ended.clear()
    assert stopped.code == "state-names-alike"
    assert "NORTH" in stopped.text
    assert "north" in stopped.text
    assert database.read_bytes() == before


async def test_the_masters_own_system_passes_its_seats_on(here: Agency) -> None:
    """One system is on the CLA's host: nobody else can be using anything by its former key."""
    session = await here.connect("hq")
    await session.demand("1", seats(("100", "ip")))
    here.keys["hq"] = NEW_KEY
    await here.enrol("hq")
    again = await here.connect("hq")
    assert here.lease(again.welcome.lease, "hq").seats == {"ip": 1}
    assert not here.facts(NodeKeyChanged)


async def test_a_session_by_the_old_key_ends(here: Agency) -> None:
    """Whoever has it is not the node any more, and nothing is signed for it."""
    north = await with_seats(here)
    here.keys["north"] = NEW_KEY
    signed = len(here.facts(LeaseSigned))
    await here.enrol("north", destroyed=False)
    with pytest.raises(Refused):
        await north.receive()
    assert len(here.facts(LeaseSigned)) == signed


# Who asks in vain.


async def test_who_asked_and_is_unknown_is_shown_with_the_key(here: Agency) -> None:
    """To pick from; enrolled it is seen, and no stranger any more."""
    for name, host in (("east", "south"), ("north", "north")):
        here.keys[name] = SigningKey(name.encode().ljust(32, b"+"))
        session = await here.dial(host)
        await session.send(here.hello(session, name))
        with pytest.raises(Refused):
            await session.receive()
    unknown = (await here.nodes()).unknown
    keys = [here.keys[name].verification_key for name in ("east", "north")]
    assert [(each.node, each.fingerprint) for each in unknown] == [
        ("east", keys[0].fingerprint),
        ("north", keys[1].fingerprint),
    ]
    assert unknown[0].public_key == keys[0].text
    assert (await here.enrol("east")).seen
    assert [each.node for each in (await here.nodes()).unknown] == ["north"]


async def test_a_name_that_has_not_asked_is_enrolled_as_not_seen_yet(here: Agency) -> None:
    """A misspelt one stays so, and differs from the others."""
    here.keys["nroth"] = SigningKey(b"a misspelt name".ljust(32))
    assert not (await here.enrol("nroth")).seen
    assert (await counted(here))["nroth"] is CountedState.NOT_SEEN
    await with_seats(here)
    assert (await here.enrol("north")).seen


async def test_a_key_that_nobody_proved_to_have_is_not_shown(here: Agency) -> None:
    """Whoever only copies a public key shows up under no name."""
    session = await here.dial("north")
    here.keys["east"] = NEW_KEY
    hello = here.hello(session, "east", public_key=here.keys["hq"].verification_key.text)
    await session.send(hello)
    with pytest.raises(Refused):
        await session.receive()
    assert (await here.nodes()).unknown == []
    assert [fact.code for fact in here.facts(SessionRefused)] == ["node-unknown"]


def test_strangers_fill_neither_memory_nor_page() -> None:
    """However many ask from one address, who asks from another stays; and who stops, goes."""
    unknown = UnknownNodes()
    key = NEW_KEY.verification_key
    unknown.asked(Stranger("east", key, 0, ADDRESSES["south"]))
    for number in range(10 * MOST):
        unknown.asked(Stranger(f"stranger-{number}", key, 1, ADDRESSES["north"]))
    names = [asked.node for asked in unknown.latest(1)]
    assert len(names) == MOST
    assert "east" in names
    assert unknown.latest(HOUR_NS) != []
    assert unknown.latest(HOUR_NS + 2) == []
