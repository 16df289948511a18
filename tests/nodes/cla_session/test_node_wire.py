"""A node and a central CLA that lies: refused, journaled, survived, and nothing is lost."""

import asyncio
import contextlib
import contextvars
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from branches import CLA_PROGRAM, NODE_PROGRAM, Branches, branches

from licensing.entitlements import Entitlement
from licensing.errors import LEASE_REPLACED
from licensing.events import (
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRefused,
    Fact,
    LeaseInstalled,
    LeaseRefused,
)
from licensing.lease import Lease, sign_leases
from licensing.messages import (
    AGENT_PORT,
    SESSION_PATH,
    Challenge,
    Decision,
    Demand,
    FromAgent,
    FromNode,
    HeartbeatAcknowledged,
    Hello,
    LeaseChanged,
    Refusal,
    RefusedSeat,
    Seat,
    Welcome,
    encode,
    from_node,
    welcome_message,
)
from licensing.signing import SigningKey
from licensing.sizes import FRAME_BYTES
from licensing.words import Condition, LicenseState, NodeState, Role
from nodes.administration import Assignments, LicenseInformation, Wizard, WizardDone
from nodes.cla_session import link
from nodes.cla_session.link import SessionOver
from runtime.host import Host
from runtime.http import Nothing

ANOTHER_KEY = SigningKey(b"another key".ljust(32))
NEVER_ENDS_S = 1e9
INVALID, OUTDATED = LeaseRefused(code="lease-invalid"), LeaseRefused(code="lease-outdated")


class Impostor:
    """In place of the central CLA; `lie` speaks with each node that dials."""

    def __init__(self, key: SigningKey, lie: "Lie") -> None:
        self.key = key
        self.lie = lie

    async def serve(self, host: Host) -> None:
        """The program."""
        application = web.Application()
        application.router.add_get(SESSION_PATH, self._session)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", AGENT_PORT).start()
        await asyncio.sleep(NEVER_ENDS_S)

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        self.socket = web.WebSocketResponse(compress=False)
        await self.socket.prepare(request)
        with contextlib.suppress(TypeError, ConnectionError):  # the node has hung up
            await self.lie(self)
            await self.socket.receive()
        return self.socket

    async def say(self, message: FromAgent) -> None:
        """Send."""
        await self.socket.send_str(encode(message).decode())

    async def hear(self) -> FromNode:
        """The node's next message."""
        return from_node(await self.socket.receive_str())

    async def challenge(self, key: SigningKey | None = None) -> Hello:
        """Challenge as the owner of `key`, and hear the hello."""
        text = (key or self.key).verification_key.text
        await self.say(Challenge(nonce="n" * 22, agent_key=text))
        hello = await self.hear()
        assert isinstance(hello, Hello)
        return hello

    async def welcome(self, lease: str | None = None) -> Hello:
        """A session as it should begin, with this lease."""
        hello = await self.challenge()
        proof = self.key.sign_answer(welcome_message(hello))
        await self.say(Welcome(condition=Condition.LICENSED, lease=lease, proof=proof))
        return hello


Lie = Callable[[Impostor], Awaitable[object]]


def lease(hello: Hello, key: SigningKey, **fields: object) -> str:
    """A signed lease for the node that said hello."""
    made = Lease(
        lease_id="forged",
        node=hello.node,
        epoch=hello.epoch,
        seq=hello.seq + 1,
        serial=hello.serial,
        entitlements=[Entitlement(seats={"tdm": 1000})],
        failover_period_s=2_592_000,
    )
    (document,) = sign_leases([msgspec.structs.replace(made, **fields)], key)
    return document


# Lies


async def another_key(cla: Impostor) -> None:
    """Not the CLA whose key is pinned."""
    await cla.challenge(ANOTHER_KEY)


async def wrong_proof(cla: Impostor) -> None:
    """Names the right key and does not have it."""
    hello = await cla.challenge()
    proof = ANOTHER_KEY.sign_answer(welcome_message(hello))
    await cla.say(Welcome(condition=Condition.LICENSED, lease=None, proof=proof))


async def replayed_welcome(cla: Impostor) -> None:
    """A proof that was good in an earlier session."""
    hello = msgspec.structs.replace(await cla.challenge(), nonce="earlier")
    proof = cla.key.sign_answer(welcome_message(hello))
    await cla.say(Welcome(condition=Condition.LICENSED, lease=None, proof=proof))


async def no_challenge(cla: Impostor) -> None:
    """Begins in the middle."""
    await cla.say(HeartbeatAcknowledged(number=1))


async def no_welcome(cla: Impostor) -> None:
    """A decision in answer to the hello."""
    await cla.challenge()
    await cla.say(Decision(request_id="1", granted=[], refused=[], lease=None))


async def unknown_message(cla: Impostor) -> None:
    """A message of another protocol."""
    await cla.socket.send_str('{"message":"format-disk"}')


async def unknown_field(cla: Impostor) -> None:
    """A field too many."""
    await cla.socket.send_str('{"message":"heartbeat-acknowledged","number":1,"x":1}')


async def deep_nesting(cla: Impostor) -> None:
    """JSON that exhausts a naive reader."""
    await cla.socket.send_str("[" * 100_000)


async def oversized_frame(cla: Impostor) -> None:
    """One byte too many."""
    await cla.socket.send_str(" " * (FRAME_BYTES + 1))


async def unknown_refusal(cla: Impostor) -> None:
    """A reason that nobody knows."""
    await cla.challenge()
    await cla.say(Refusal(code="bad-mood", text="no", hint=""))


async def older_lease(cla: Impostor) -> None:
    """A lease from before the newest."""
    hello = await cla.welcome()
    document = lease(hello, cla.key, seq=hello.seq - 1)
    await cla.say(
        LeaseChanged(reason="relicensed", condition=Condition.LICENSED, lease=document, lost=[])
    )


async def foreign_lease(cla: Impostor) -> None:
    """A lease of another node."""
    hello = await cla.challenge()
    proof = cla.key.sign_answer(welcome_message(hello))
    document = lease(hello, cla.key, node="elsewhere")
    await cla.say(Welcome(condition=Condition.LICENSED, lease=document, proof=proof))


async def forged_lease(cla: Impostor) -> None:
    """A lease that somebody else signed."""
    hello = await cla.challenge()
    proof = cla.key.sign_answer(welcome_message(hello))
    document = lease(hello, ANOTHER_KEY)
    await cla.say(Welcome(condition=Condition.LICENSED, lease=document, proof=proof))


async def unreadable_lease(cla: Impostor) -> None:
    """No document at all."""
    await cla.welcome("lease")


async def takes_what_does_not_exist(cla: Impostor) -> None:
    """Seats of a license that is in no price list."""
    await cla.welcome()
    lost = [Seat(holder="200", license="perpetual")]
    await cla.say(
        LeaseChanged(reason="shrunk", condition=Condition.LICENSED, lease=None, lost=lost)
    )


async def takes_less_than_nothing(cla: Impostor) -> None:
    """A loss that would be a gain."""
    await cla.welcome()
    lost = [Seat(holder="200", license="tdm", quantity=-5)]
    await cla.say(
        LeaseChanged(reason="shrunk", condition=Condition.LICENSED, lease=None, lost=lost)
    )


NOT_READ = "The message cannot be read: "
LIES: list[tuple[Lie, Fact | str]] = [
    (another_key, INVALID),
    (wrong_proof, INVALID),
    (replayed_welcome, INVALID),
    (no_challenge, "the session did not begin with a challenge"),
    (no_welcome, "the hello was not answered by a welcome"),
    (unknown_message, NOT_READ),
    (unknown_field, NOT_READ),
    (deep_nesting, NOT_READ),
    (oversized_frame, "1048577"),
    (unknown_refusal, ConnectionRefused(code="bad-mood")),
    (older_lease, OUTDATED),
    (foreign_lease, INVALID),
    (forged_lease, INVALID),
    (unreadable_lease, INVALID),
    (takes_what_does_not_exist, NOT_READ),
    (takes_less_than_nothing, NOT_READ),
]


def agents_key(directory: Path) -> SigningKey:
    """The true CLA's key: an impostor with more than a good guess."""
    with contextlib.closing(sqlite3.connect(directory / "cla.db")) as database:
        return SigningKey(database.execute("SELECT secret FROM agent").fetchone()[0])


async def exchange_agent(here: Branches, program) -> None:
    """From now on this program answers at the CLA's address."""
    await here.net.crash("hq")
    here.net.world.machines["hq"].programs[CLA_PROGRAM] = program
    await here.net.start("hq")
    await asyncio.sleep(1)
    here.net.world.loop.sockets.network.reset("hq", "north")  # or north would notice later


def journaled(here: Branches, seen: int, wanted: Fact | str) -> bool:
    """Whether north has stated the fact, or the loss of a connection in these words."""
    for entry in here.entries[seen:]:
        if entry.host == "north":
            if entry.fact == wanted:
                return True
            lost = isinstance(entry.fact, ConnectionLost)
            if lost and isinstance(wanted, str) and wanted in entry.fact.cause:
                return True
    return False


@pytest.mark.parametrize(("lie", "wanted"), LIES, ids=[lie.__name__ for lie, _ in LIES])
async def test_a_lie_is_journaled_and_changes_nothing(lie, wanted):
    """No new lease, every license as before, and the true CLA is believed when it is back."""
    async with branches(judged=False) as here:
        await here.license()
        before = await here.net.licenses("north"), len(here.facts("north", LeaseInstalled))
        true_agent = here.net.world.machines["hq"].programs[CLA_PROGRAM]
        seen = len(here.entries)
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        await exchange_agent(here, Impostor(key, lie).serve)
        await asyncio.sleep(20 * 60)
        assert journaled(here, seen, wanted), [e for e in here.entries[seen:] if e.host == "north"]
        after = await here.net.licenses("north"), len(here.facts("north", LeaseInstalled))
        assert after == before
        await exchange_agent(here, true_agent)
        await asyncio.sleep(60 * 60)
        assert await here.state("north") is NodeState.REGULAR
        assert (await here.net.licenses("north")).in_use == before[0].in_use


async def test_a_silent_cla_is_given_up_after_two_minutes():
    """One dialing is bounded; then the node waits and dials again, and failover begins."""

    async def silence(cla: Impostor) -> None:
        await asyncio.sleep(NEVER_ENDS_S)

    async with branches(judged=False) as here:
        await here.license()
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        await exchange_agent(here, Impostor(key, silence).serve)
        await asyncio.sleep(70 * 60)
        assert await here.state("north") is NodeState.FAILOVER
        assert not (await here.net.state("north")).connected


async def test_a_connection_whose_heartbeat_is_not_answered_is_redialed_at_once():
    """F17: after 65 minutes one miss is a broken connection, and a welcome leaves no trace."""

    async def welcome_and_no_more(cla: Impostor) -> None:
        hello = await cla.challenge()
        document = lease(hello, cla.key)
        proof = cla.key.sign_answer(welcome_message(hello))
        await cla.say(Welcome(condition=Condition.LICENSED, lease=document, proof=proof))
        await asyncio.sleep(NEVER_ENDS_S)

    async with branches(judged=False) as here:
        await here.license()
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        await exchange_agent(here, Impostor(key, welcome_and_no_more).serve)
        await here.net.happens(lambda e: e.host == "north" and isinstance(e.fact, LeaseInstalled))
        await asyncio.sleep(64 * 60)
        assert here.states("north")[-1] is NodeState.REGULAR
        await here.net.happens(
            lambda e: e.host == "north" and e.fact == ConnectionLost(cause="heartbeat not answered")
        )
        welcomes = len(here.facts("north", ConnectionEstablished))
        await asyncio.sleep(60)
        assert len(here.facts("north", ConnectionEstablished)) == welcomes + 1
        assert NodeState.FAILOVER not in here.states("north")


async def test_a_node_that_is_stopped_just_as_it_gives_up_its_session_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The two cancel the same task at once, and the stop is not forgotten over the other."""
    async with branches(judged=False) as here:
        await here.license()
        north, stopping = here.net.world.machines["north"], []

        class StoppedAsItEnds(SessionOver):
            def __init__(self, why: str) -> None:
                super().__init__(why)
                if not stopping:
                    outside = contextvars.Context()  # it is not the node that stops the node
                    stopping.append(here.net.world.loop.create_task(north.stop(), context=outside))

        monkeypatch.setattr(link, "SessionOver", StoppedAsItEnds)
        await here.net.cut("hq-north")
        await asyncio.sleep(66 * 60)
        ended = [stop.done() for stop in stopping]
        await north.crash()  # or the test would not end either
        assert ended == [True]


async def test_a_decision_on_something_else_is_not_applied():
    """Answers to other requests are ignored; grants of what does not exist end the session."""

    async def decide_wrongly(cla: Impostor) -> None:
        await cla.welcome()
        while not isinstance(demand := await cla.hear(), Demand):
            pass
        other = Seat(holder="201", license="voicemail", quantity=1)
        await cla.say(Decision(request_id="other", granted=[other], refused=[], lease=None))
        wrong = [Seat(holder="200", license="perpetual")]
        refused = [RefusedSeat(holder="", license="", quantity=0, reason="")]
        await cla.say(
            Decision(request_id=demand.request_id, granted=wrong, refused=refused, lease=None)
        )

    async with branches(judged=False) as here:
        await here.license()
        await here.net.run_until("day 0 09:00")
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        true_agent = here.net.world.machines["hq"].programs[CLA_PROGRAM]
        await exchange_agent(here, Impostor(key, decide_wrongly).serve)
        await asyncio.sleep(5 * 60)
        await here.assign("north", ("200", "voicemail"))
        assert await here.refusal("north", "/v1/unlock", Nothing()) == "agent-unreachable"
        assert (await here.net.licenses("north")).in_use == {"tdm": 3, "s2m": 1}
        await exchange_agent(here, true_agent)
        await asyncio.sleep(60 * 60)
        in_use = (await here.net.licenses("north")).in_use
        assert in_use == {"tdm": 3, "voicemail": 1, "s2m": 1}, "decided in the end, once"


async def test_an_answer_that_is_older_than_the_lease_brings_nothing_back():
    """F13: it grants what a later lease covers no more, and so does the node without it."""

    async def decide_late(cla: Impostor) -> None:
        await cla.welcome()
        while not isinstance(demand := await cla.hear(), Demand):
            pass
        granted = demand.wants
        await cla.say(
            Decision(request_id=demand.request_id, granted=granted, refused=[], lease=None)
        )

    async with branches(judged=False) as here:
        await here.license()
        await here.net.run_until("day 0 09:00")
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        await exchange_agent(here, Impostor(key, decide_late).serve)
        await asyncio.sleep(5 * 60)
        await here.assign("north", ("200", "voicemail"))
        assert (await here.unlock("north")).granted == [Seat(holder="200", license="voicemail")]
        licenses = await here.net.licenses("north")
        assert licenses.in_use == {"tdm": 3, "s2m": 1}, "what the lease covers"
        row = next(r for r in licenses.rows if (r.holder, r.license) == ("200", "voicemail"))
        assert row.state is LicenseState.NOT_LICENSED


async def test_a_release_that_names_another_lease_waits_for_the_next_session():
    """A8: asked again under the lease of then, and not over and over before."""
    releases: list[Demand] = []

    async def refuse(cla: Impostor) -> None:
        await cla.welcome()
        while True:
            demand = await cla.hear()
            if isinstance(demand, Demand):
                releases.append(demand)
                refused = [refused_release(seat) for seat in demand.releases]
                request_id = demand.request_id
                await cla.say(
                    Decision(request_id=request_id, granted=[], refused=refused, lease=None)
                )

    async with branches(judged=False) as here:
        await here.license()
        await here.net.run_until("day 0 09:00")
        key = agents_key(here.directory("hq", CLA_PROGRAM))
        true_agent = here.net.world.machines["hq"].programs[CLA_PROGRAM]
        await exchange_agent(here, Impostor(key, refuse).serve)
        await asyncio.sleep(5 * 60)
        station = Seat(holder="200", license="tdm")
        await here.tell("north", "/v1/unassign", Assignments(seats=[station]))
        await here.unlock("north")
        await asyncio.sleep(60)
        assert [demand.releases for demand in releases] == [[station]]
        await exchange_agent(here, true_agent)
        await asyncio.sleep(60 * 60)
        row = next(row for row in (await here.net.license_table()).licenses if row.license == "tdm")
        assert row.held["north"] == 2


def refused_release(seat: Seat) -> RefusedSeat:
    """The CLA's word that `seat` is held under another lease."""
    return RefusedSeat(
        holder=seat.holder, license=seat.license, quantity=seat.quantity, reason=LEASE_REPLACED
    )


async def test_a_lease_stays_readable_whoever_the_cla_is_now():
    """A CLA with another key, joined on purpose: the lease of the old one serves out its period."""

    async def no_lease(cla: Impostor) -> None:
        await cla.welcome()
        await asyncio.sleep(NEVER_ENDS_S)

    async with branches(judged=False) as here:
        await here.license()
        await exchange_agent(here, Impostor(ANOTHER_KEY, no_lease).serve)
        address = here.net.world.installation.agent_address("north", "hq")
        again = Wizard(role=Role.SLAVE, master_address=address)
        assert await here.refusal("north", "/v1/wizard", again) == "master-key-differs"
        again = msgspec.structs.replace(again, trust_new_key=True)
        await here.tell("north", "/v1/wizard", again, WizardDone)
        await asyncio.sleep(60)
        assert (await here.net.state("north")).connected
        told = await here.net.admin.ask(
            "north", NODE_PROGRAM, "/v1/information", LicenseInformation
        )
        assert told.seats == {"networking": 1, "tdm": 3, "s2m": 1}
        await here.net.crash("north")
        await here.net.start("north")
        await asyncio.sleep(20 * 60)
        assert NodeState.RESTRICTED not in here.states("north")
