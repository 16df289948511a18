"""Whose a license file is (F18), and relicensing by a request that a person carries (F15)."""

from datetime import UTC, datetime

import pytest
from asking import REGISTRATION, AskingAgent, challenge_of
from machine import LOCKING_ID, OTHER_LOCKING_ID, Machine
from vendor import Caller, running

from license_server.administration import (
    COMBINE_PATH,
    REHOST_PATH,
    RELEASE_KEY_PATH,
    Combine,
    KeyReleased,
    Rehost,
    ReleaseKey,
)
from licensing.agent_requests import (
    AskTime,
    RelicensingAnswer,
    SignedRequest,
    answer_in,
    read_time,
    vouched_time,
)
from licensing.errors import LicensingError
from licensing.events import AgentKeyReleased, IssueRefused
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    CLS_TIME_PATH,
    ActivateAtServer,
    IssuedAnswer,
    IssuedFile,
    SignedTime,
)
from runtime.http import post

pytestmark = pytest.mark.asyncio(loop_factories=["real"])
THIRD = "00-1A-E8-4C-00-03"


@pytest.fixture
def machine(tmp_path):
    """A machine whose disk is new."""
    return Machine(tmp_path)


async def refusal(attempt) -> str:
    """The code with which it is refused."""
    with pytest.raises(LicensingError) as refused:
        await attempt
    return refused.value.code


def another(cls: Caller, key: bytes = b"o" * 32) -> AskingAgent:
    """A CLA that knows the Locking ID, such as from a sign-in page, and has another key."""
    agent = AskingAgent(key=key)
    agent.license_file = cls.agent().license_file
    return agent


async def relicense(cls: Caller, agent: AskingAgent, epoch: int = 1) -> str:
    """Online."""
    return await agent.relicense(cls.public, cls.base, await cls.vendor_key(), epoch)


async def carry(cls: Caller, signed: SignedRequest) -> RelicensingAnswer:
    """To the operator, and back; the answer as the CLA reads it."""
    issued = await post(cls.admin, CLS_REISSUE_PATH, signed, IssuedAnswer, party="CLS")
    answer = answer_in(issued.answer, await cls.vendor_key())
    assert answer
    return answer


async def test_the_first_activation_online_binds_the_key(machine):
    """From then on nobody else gets the file, with the LAC and even with the file itself."""
    async with running(machine) as cls:
        lac = await cls.order()
        document = await cls.activate(lac)
        other = another(cls)
        assert await refusal(other.activate(cls.public, cls.base, lac)) == "agent-key-foreign"
        assert await refusal(relicense(cls, other)) == "agent-key-foreign"
        add_on = await cls.order()
        assert await refusal(other.activate(cls.public, cls.base, add_on)) == "agent-key-foreign"
        assert (await cls.state()).bound_lacs == 1
        cls.agent().license_file = ""
        assert await cls.activate(lac) == document
    assert isinstance(machine.facts[-2], IssueRefused)


@pytest.mark.parametrize("path", [CLS_ACTIVATE_PATH, CLS_REISSUE_PATH])
async def test_a_cla_of_the_version_before_hears_what_to_do(machine, path):
    """By a code that it knows: it signs nothing, and shows what the license server says to it."""
    former = {"locking_id": LOCKING_ID, "epoch": 1, "relicensing_required": True}
    async with running(machine) as cls, cls.public.post(cls.base + path, json=former) as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"]) == (400, "request-malformed")
    assert "the central CLA is of the version before" in problem["detail"]
    assert problem["hint"].startswith("Bring the central CLA to the version of the license server")


async def test_where_no_key_is_bound_the_newest_file_binds_it(machine):
    """Offline activation: the first signed request that presents the file itself, no older one."""
    async with running(machine) as cls:
        lac = await cls.order()
        body = ActivateAtServer(lac=lac, locking_id=LOCKING_ID, registration=REGISTRATION)
        old = await cls.operate(CLS_ACTIVATE_PATH, body)
        add_on = ActivateAtServer(
            lac=await cls.order(), locking_id=LOCKING_ID, registration=REGISTRATION
        )
        newest = await cls.operate(CLS_ACTIVATE_PATH, add_on)
        agent = cls.agent()
        for presented in ("", "rubbish", old):
            agent.license_file = presented
            assert await refusal(cls.activate(lac)) == "agent-key-unproven"
            assert await refusal(cls.reissue(1)) == "agent-key-unproven"
        agent.license_file = newest
        assert await cls.activate(lac) == newest
        assert await refusal(relicense(cls, another(cls))) == "agent-key-foreign"


@pytest.mark.parametrize("how", ["rehosted", "combined"])
async def test_moving_a_file_drops_the_key(machine, how):
    """Neither the old nor the new Locking ID has one: the newest file itself binds the next."""
    async with running(machine) as cls:
        lac = await cls.order()
        first = await cls.activate(lac)
        if how == "rehosted":
            request = Rehost(locking_id=LOCKING_ID, new_locking_id=THIRD)
            moved, at = await cls.operate(REHOST_PATH, request), THIRD
        else:
            second = await cls.activate(await cls.order(), OTHER_LOCKING_ID)
            combine = Combine(license_files=[first, second], locking_id=OTHER_LOCKING_ID)
            moved, at = await cls.operate(COMBINE_PATH, combine), OTHER_LOCKING_ID
        assert await refusal(cls.activate(lac, at)) == "agent-key-unproven"
        cls.agent(at).license_file = moved
        assert await cls.activate(lac, at) == moved


async def test_a_cla_that_lost_its_disk_gets_its_file_once_the_key_is_released(machine):
    """The operator releases; the next that comes with a LAC is bound, the old key is nobody's."""
    async with running(machine) as cls:
        lac = await cls.order()
        document = await cls.activate(lac)
        fresh = AskingAgent(key=b"n" * 32)
        assert await refusal(fresh.activate(cls.public, cls.base, lac)) == "agent-key-foreign"
        request = ReleaseKey(locking_id=LOCKING_ID.lower())
        await post(cls.admin, RELEASE_KEY_PATH, request, KeyReleased, party="CLS")
        assert machine.facts[-1] == AgentKeyReleased(locking_id=LOCKING_ID, customer="")
        assert await refusal(relicense(cls, fresh)) == "agent-key-unproven"
        strangers = await cls.order()
        asked = AskingAgent(key=b"s" * 32).activate(cls.public, cls.base, strangers)
        assert await refusal(asked) == "agent-key-unproven"
        assert await fresh.activate(cls.public, cls.base, lac) == document
        assert await refusal(cls.activate(lac)) == "agent-key-foreign"


async def test_a_key_is_released_where_there_is_a_file_only(machine):
    """Neither for a Locking ID that never had one, nor for one that has given it up."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        await cls.operate(REHOST_PATH, Rehost(locking_id=LOCKING_ID, new_locking_id=THIRD))
        for locking_id, code in (
            (LOCKING_ID, "license-file-given-up"),
            (OTHER_LOCKING_ID, "locking-id-unregistered"),
            ("rubbish", "locking-id-malformed"),
        ):
            request = ReleaseKey(locking_id=locking_id)
            released = post(cls.admin, RELEASE_KEY_PATH, request, KeyReleased, party="CLS")
            assert await refusal(released) == code


async def test_a_copy_of_a_request_is_worth_nothing(machine):
    """Its challenge is used, whether the request was granted or refused."""
    async with running(machine) as cls:
        lac = await cls.order()
        agent = cls.agent()
        signed = agent.activation(lac, await challenge_of(cls.public, cls.base))
        url = cls.base + CLS_ACTIVATE_PATH
        await post(cls.public, url, signed, IssuedFile, party="CLS")
        copied = post(cls.public, url, signed, IssuedFile, party="CLS")
        assert await refusal(copied) == "challenge-unknown"
        assert machine.facts[-1] == IssueRefused(locking_id=LOCKING_ID, code="challenge-unknown")
        challenge = await challenge_of(cls.public, cls.base)
        refused = agent.relicensing(9, server_challenge=challenge)
        for code in ("epoch-unknown", "challenge-unknown"):
            asked = post(
                cls.public, cls.base + CLS_REISSUE_PATH, refused, IssuedAnswer, party="CLS"
            )
            assert await refusal(asked) == code


async def test_a_carried_request_is_none_for_the_public_address(machine):
    """It answers no challenge of the server: without an account or the operator it is a copy."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        signed = cls.agent().relicensing(1)
        asked = post(cls.public, cls.base + CLS_REISSUE_PATH, signed, IssuedAnswer, party="CLS")
        assert await refusal(asked) == "challenge-unknown"


@pytest.mark.parametrize("change", ["agent_key", "request", "kind"])
async def test_a_request_that_its_key_did_not_sign_is_refused(machine, change):
    """Another key beside it, other contents, or a request for something else."""
    async with running(machine) as cls:
        lac = await cls.order()
        agent, other = cls.agent(), AskingAgent(key=b"o" * 32)
        challenge = await challenge_of(cls.public, cls.base)
        signed = agent.activation(lac, challenge)
        forged = {
            "agent_key": SignedRequest(
                agent_key=other.key.verification_key.text, request=signed.request
            ),
            "request": SignedRequest(
                agent_key=signed.agent_key, request=other.activation(lac, challenge).request
            ),
            "kind": agent.relicensing(1, server_challenge=challenge),
        }[change]
        asked = post(cls.public, cls.base + CLS_ACTIVATE_PATH, forged, IssuedFile, party="CLS")
        assert await refusal(asked) == "signed-request-invalid"


async def test_a_carried_request_brings_the_file_of_the_next_epoch(machine):
    """F15: it answers the request's challenge; brought again it is the same, byte for byte."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        agent = cls.agent()
        signed = agent.relicensing(1, challenge="c" * 32)
        answer = await carry(cls, signed)
        file = await cls.read(answer.license_file)
        assert (file.epoch, answer.locking_id) == (2, LOCKING_ID)
        at = vouched_time(answer.time, challenge="c" * 32, before=None)
        assert at == datetime(2026, 3, 2, 8, tzinfo=UTC)
        machine.clock.pass_days(1)
        assert await carry(cls, signed) == answer
        assert (await cls.state()).newest_serial == 2


async def test_a_request_is_not_answered_again_when_its_file_is_the_newest_no_more(machine):
    """A challenge is answered once: there is neither a later time for it nor an older file."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        signed = cls.agent().relicensing(1, required=False)
        answer = await carry(cls, signed)
        assert answer.license_file == cls.agent().license_file
        await cls.activate(await cls.order())
        assert await refusal(carry(cls, signed)) == "relicensing-request-answered"


async def test_where_no_relicensing_is_required_the_answer_vouches_for_the_time(machine):
    """F11: the newest file as it is, and a signed time; online and carried alike."""
    async with running(machine) as cls:
        document = await cls.activate(await cls.order())
        machine.clock.pass_days(2)
        answer = await carry(cls, cls.agent().relicensing(1, required=False))
        assert (answer.license_file, answer.time.at.day) == (document, 4)
        assert await cls.reissue(1, required=False) == document
        assert (await cls.state()).newest_serial == 1


async def test_a_carried_request_proves_its_key_like_any_other(machine):
    """The operator cannot be talked into another CLA's file."""
    async with running(machine) as cls:
        await cls.activate(await cls.order())
        assert await refusal(carry(cls, another(cls).relicensing(1))) == "agent-key-foreign"
        rubbish = SignedRequest(agent_key="x", request="{}")
        assert await refusal(carry(cls, rubbish)) == "signed-request-invalid"


async def test_the_time_is_signed_for_the_challenge_of_who_asks(machine):
    """F11: a CLA whose clock is in doubt asks; nobody else can use the answer."""
    async with running(machine) as cls:
        ask = AskTime(challenge="t" * 32)
        issued = await post(cls.public, cls.base + CLS_TIME_PATH, ask, SignedTime, party="CLS")
        time = read_time(issued.time, await cls.vendor_key())
        assert time.challenge == ask.challenge
        assert time.at == datetime(2026, 3, 2, 8, tzinfo=UTC)
        short = AskTime(challenge="short")
        asked = post(cls.public, cls.base + CLS_TIME_PATH, short, SignedTime, party="CLS")
        assert await refusal(asked) == "request-malformed"
