"""What a central CLA asks the license server for, signed with its own key, and what it is answered.

A request proves who asks (F18); the license server binds the key to a Locking ID. An answer vouches
for the time at which it was given (F11, F15). Pure: keys and challenges come in as arguments.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from licensing.errors import LicensingError, problem_details
from licensing.messages import Registration
from licensing.records import UNREADABLE, Record
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

ANSWER_KIND = "relicensing-answer+jws"
TIME_KIND = "vouched-time+jws"
CHALLENGE_BYTES = 24
"""Of chance in a challenge of a CLA."""

ChallengeText = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{22,128}$")]
"""Chance that nobody can guess, as base64url text."""


class ActivationRequest(Record, kw_only=True):
    """A CLA has a LAC's license file issued for its host (manual 4.3.1).

    `license_file` is the newest one that it has, "" for none: it proves that the Locking ID's file
    is its own where no key is bound yet. `server_challenge` is what the license server gave it.
    """

    version: Literal[1] = 1
    lac: str
    locking_id: str
    registration: Registration
    license_file: str = ""
    server_challenge: str = ""


class RelicensingRequest(Record, kw_only=True):
    """A CLA asks for the file of the next epoch, by network or by a person who carries this (F15).

    `epoch` is the one in use, `nodes` are those whose period has ended, the first of them at
    `since`. `challenge` is the CLA's own: the answer repeats it. `license_file` and
    `server_challenge` are as in an `ActivationRequest`; a request that is carried has none of the
    latter.
    """

    version: Literal[1] = 1
    locking_id: str
    epoch: int
    relicensing_required: bool
    since: datetime | None = None
    nodes: list[str] = msgspec.field(default_factory=list)
    challenge: ChallengeText
    license_file: str = ""
    server_challenge: str = ""


class SignedRequest(Record):
    """A request on its way: a JWS, and the public key (base64url) of the CLA that signed it.

    As JSON text it is the file that a person carries.
    """

    agent_key: str
    request: str


Request = TypeVar("Request", ActivationRequest, RelicensingRequest)

_KINDS: dict[type[Record], str] = {
    ActivationRequest: "activation-request+jws",
    RelicensingRequest: "relicensing-request+jws",
}


class AskTime(Record):
    """A CLA asks for the license server's time (F11); the answer repeats its `challenge`."""

    challenge: ChallengeText


class VouchedTime(Record, kw_only=True):
    """The license server's time `at` which it saw a CLA's `challenge`."""

    version: Literal[1] = 1
    challenge: str
    at: datetime


class RelicensingAnswer(Record, kw_only=True):
    """The newest license file (a document of its own), and the time at which it was handed out."""

    version: Literal[1] = 1
    locking_id: str
    time: VouchedTime
    license_file: str


def sign_request(request: ActivationRequest | RelicensingRequest, key: SigningKey) -> SignedRequest:
    """`request` under the signature of a CLA's key."""
    document = key.sign_document(_encoded(request), _KINDS[type(request)])
    return SignedRequest(agent_key=key.verification_key.text, request=document)


def read_request(signed: SignedRequest, kind: type[Request]) -> Request:
    """The request that the named key signed; raises `signed-request-invalid` with the reason."""
    try:
        key = VerificationKey(signed.agent_key)
        return msgspec.json.decode(key.verify_document(signed.request, _KINDS[kind]), type=kind)
    except (SignatureInvalid, *UNREADABLE) as error:
        raise LicensingError("signed-request-invalid", reason=str(error)) from error


def unsigned(reason: str) -> LicensingError:
    """What answers a CLA of a version that signs nothing, by a code that it knows."""
    own = problem_details(LicensingError("request-malformed", reason=reason))
    return LicensingError.from_problem(
        msgspec.structs.replace(
            own,
            detail=f"{own.detail} Or the central CLA is of the version before, which does not sign"
            " what it asks.",
            hint="Bring the central CLA to the version of the license server, then repeat.",
        )
    )


def read_carried_request(text: str) -> SignedRequest:
    """What stands in a file that a person brought; raises `signed-request-invalid`."""
    try:
        return msgspec.json.decode(text.encode(), type=SignedRequest)
    except UNREADABLE as error:
        reason = "this is no relicensing request"
        raise LicensingError("signed-request-invalid", reason=reason) from error


def sign_answer(answer: RelicensingAnswer, vendor: SigningKey) -> str:
    """The document that the license server gives, and that a person may carry back."""
    return vendor.sign_document(_encoded(answer), ANSWER_KIND)


def answer_in(document: str, vendor_key: VerificationKey) -> RelicensingAnswer | None:
    """The answer that `document` is; None for every other one, such as a bare license file."""
    try:
        payload = vendor_key.verify_document(document, ANSWER_KIND)
        return msgspec.json.decode(payload, type=RelicensingAnswer)
    except (SignatureInvalid, *UNREADABLE):
        return None


def sign_time(time: VouchedTime, vendor: SigningKey) -> str:
    """The time as a document for the CLA whose challenge it answers."""
    return vendor.sign_document(_encoded(time), TIME_KIND)


def read_time(document: str, vendor_key: VerificationKey) -> VouchedTime:
    """The time that the license server signed; raises `time-not-vouched`."""
    try:
        return msgspec.json.decode(
            vendor_key.verify_document(document, TIME_KIND), type=VouchedTime
        )
    except (SignatureInvalid, *UNREADABLE) as error:
        raise LicensingError("time-not-vouched", reason=str(error)) from error


def vouched_time(time: VouchedTime, *, challenge: str, before: datetime | None) -> datetime:
    """The instant that `time` vouches for (F11); raises `time-not-vouched`.

    It answers `challenge`, the one that the CLA waits for ("" where it waits for none, or has used
    it already), and is never earlier than `before`, the newest time that was vouched for.
    """
    if not challenge or time.challenge != challenge:
        raise LicensingError("time-not-vouched", reason="it answers another challenge")
    if time.at.tzinfo is None:
        raise LicensingError("time-not-vouched", reason="it has no time zone")
    if before and time.at < before:
        raise LicensingError("time-not-vouched", reason="a later one was vouched for before")
    return time.at


def _encoded(record: Record) -> bytes:
    return msgspec.json.encode(record, order="deterministic")
