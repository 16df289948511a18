"""A CLA as the license server sees it: a key, a Locking ID, and the newest license file it has."""

import itertools

import aiohttp
from machine import LOCKING_ID

from licensing.agent_requests import (
    ActivationRequest,
    RelicensingRequest,
    SignedRequest,
    answer_in,
    sign_request,
)
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_CHALLENGE_PATH,
    CLS_REISSUE_PATH,
    IssuedAnswer,
    IssuedFile,
    Registration,
    ServerChallenge,
)
from licensing.signing import SigningKey, VerificationKey
from runtime.http import get, post

REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")
_numbers = itertools.count()


class AskingAgent:
    """One CLA; `license_file` is what it presents. Two with another `key` are different ones."""

    def __init__(self, locking_id: str = LOCKING_ID, key: bytes = b"k" * 32) -> None:
        self.locking_id = locking_id
        self.key = SigningKey(key)
        self.license_file = ""

    def activation(self, lac: str, server_challenge: str = "") -> SignedRequest:
        """A request for the LAC's file."""
        request = ActivationRequest(
            lac=lac,
            locking_id=self.locking_id,
            registration=REGISTRATION,
            license_file=self.license_file,
            server_challenge=server_challenge,
        )
        return sign_request(request, self.key)

    def relicensing(
        self,
        epoch: int,
        *,
        required: bool = True,
        server_challenge: str = "",
        challenge: str = "",
    ) -> SignedRequest:
        """A relicensing request; with a `server_challenge` it goes by network."""
        request = RelicensingRequest(
            locking_id=self.locking_id,
            epoch=epoch,
            relicensing_required=required,
            challenge=challenge or f"challenge-number-{next(_numbers):06}",
            license_file=self.license_file,
            server_challenge=server_challenge,
        )
        return sign_request(request, self.key)

    async def activate(self, http: aiohttp.ClientSession, base: str, lac: str) -> str:
        """Activate online at the license server of `base`; the document, which is kept."""
        signed = self.activation(lac, await challenge_of(http, base))
        issued = await post(http, base + CLS_ACTIVATE_PATH, signed, IssuedFile, party="CLS")
        self.license_file = issued.license_file
        return self.license_file

    async def relicense(
        self,
        http: aiohttp.ClientSession,
        base: str,
        vendor_key: VerificationKey,
        epoch: int,
        *,
        required: bool = True,
    ) -> str:
        """Relicense online; the document in the answer, which is kept."""
        challenge = await challenge_of(http, base)
        signed = self.relicensing(epoch, required=required, server_challenge=challenge)
        issued = await post(http, base + CLS_REISSUE_PATH, signed, IssuedAnswer, party="CLS")
        answer = answer_in(issued.answer, vendor_key)
        assert answer
        self.license_file = answer.license_file
        return self.license_file


async def challenge_of(http: aiohttp.ClientSession, base: str) -> str:
    """A challenge of the license server."""
    given = await get(http, base + CLS_CHALLENGE_PATH, ServerChallenge, party="CLS")
    return given.challenge
