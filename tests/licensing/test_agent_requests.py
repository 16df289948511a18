"""Signed requests of a CLA, and times that the license server vouches for (F11, F15, F18)."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from licensing.agent_requests import (
    ActivationRequest,
    RelicensingAnswer,
    RelicensingRequest,
    SignedRequest,
    VouchedTime,
    answer_in,
    read_carried_request,
    read_request,
    read_time,
    sign_answer,
    sign_request,
    sign_time,
    vouched_time,
)
from licensing.errors import LicensingError
from licensing.license_file import read_license_file
from licensing.messages import Registration, encode
from licensing.signing import SigningKey

AGENT, OTHER, VENDOR = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHALLENGE = "c" * 32
ACTIVATION = ActivationRequest(
    lac="LAC", locking_id="L", registration=Registration(company="C", contact="a@b.example")
)
RELICENSING = RelicensingRequest(
    locking_id="L",
    epoch=1,
    relicensing_required=True,
    since=NOON,
    nodes=["north"],
    challenge=CHALLENGE,
    license_file="file",
)
TIME = VouchedTime(challenge=CHALLENGE, at=NOON)
ANSWER = RelicensingAnswer(locking_id="L", time=TIME, license_file="file")


@pytest.mark.parametrize("request_", [ACTIVATION, RELICENSING])
def test_a_request_is_read_back_under_the_key_that_signed_it(request_):
    """And under no other, nor as a request of the other kind, nor altered."""
    signed = sign_request(request_, AGENT)
    assert read_request(signed, type(request_)) == request_
    other_kind = RelicensingRequest if request_ is ACTIVATION else ActivationRequest
    foreign = msgspec.structs.replace(signed, agent_key=OTHER.verification_key.text)
    altered = msgspec.structs.replace(signed, request=signed.request.replace("a", "b", 1))
    for wrong, kind in ((signed, other_kind), (foreign, type(request_)), (altered, type(request_))):
        with pytest.raises(LicensingError) as refusal:
            read_request(wrong, kind)
        assert refusal.value.code == "signed-request-invalid"


@pytest.mark.parametrize("challenge", ["", "short", "☃" * 32, "x" * 129])
def test_a_challenge_that_could_be_guessed_is_none(challenge):
    """What the CLA sends is long enough to be its own."""
    signed = sign_request(msgspec.structs.replace(RELICENSING, challenge=challenge), AGENT)
    with pytest.raises(LicensingError) as refusal:
        read_request(signed, RelicensingRequest)
    assert refusal.value.code == "signed-request-invalid"


def test_a_carried_request_is_the_json_text_of_the_signed_one():
    """What the WBM gives and the pages take."""
    signed = sign_request(RELICENSING, AGENT)
    assert read_carried_request(encode(signed).decode()) == signed
    for rubbish in ("", "{}", "[" * 100_000, "\x00PNG", '{"agent_key": 1}', "\udcff"):
        with pytest.raises(LicensingError) as refusal:
            read_carried_request(rubbish)
        assert refusal.value.code == "signed-request-invalid"


def test_an_answer_is_told_from_a_bare_license_file():
    """One upload takes both; what another key signed is none."""
    document = sign_answer(ANSWER, VENDOR)
    assert answer_in(document, VENDOR.verification_key) == ANSWER
    for other in (sign_answer(ANSWER, OTHER), sign_time(TIME, VENDOR), "rubbish", ""):
        assert answer_in(other, VENDOR.verification_key) is None
    with pytest.raises(LicensingError):
        read_license_file(document, VENDOR.verification_key)


def test_a_time_is_read_under_the_vendors_key():
    """And an answer is no time."""
    assert read_time(sign_time(TIME, VENDOR), VENDOR.verification_key) == TIME
    for other in (sign_time(TIME, OTHER), sign_answer(ANSWER, VENDOR), "rubbish"):
        with pytest.raises(LicensingError) as refusal:
            read_time(other, VENDOR.verification_key)
        assert refusal.value.code == "time-not-vouched"


def test_a_time_vouches_for_the_challenge_that_the_cla_waits_for():
    """Used once: whoever waits for none any more takes none."""
    assert vouched_time(TIME, challenge=CHALLENGE, before=None) == NOON
    for waits_for in ("", "d" * 32):
        with pytest.raises(LicensingError, match="another challenge"):
            vouched_time(TIME, challenge=waits_for, before=None)
    empty = VouchedTime(challenge="", at=NOON)
    with pytest.raises(LicensingError, match="another challenge"):
        vouched_time(empty, challenge="", before=None)


def test_time_is_never_vouched_for_backwards():
    """The same instant again is allowed, an earlier one is not."""
    assert vouched_time(TIME, challenge=CHALLENGE, before=NOON) == NOON
    with pytest.raises(LicensingError, match="a later one"):
        vouched_time(TIME, challenge=CHALLENGE, before=NOON + timedelta(microseconds=1))
    naive = VouchedTime(challenge=CHALLENGE, at=NOON.replace(tzinfo=None))
    with pytest.raises(LicensingError, match="no time zone"):
        vouched_time(naive, challenge=CHALLENGE, before=None)


def test_a_signed_request_names_its_key():
    """The server asks nobody for it: it is bound, or it is not."""
    signed = sign_request(ACTIVATION, AGENT)
    assert signed == SignedRequest(
        agent_key=AGENT.verification_key.text, request=sign_request(ACTIVATION, AGENT).request
    )
