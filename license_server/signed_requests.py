"""What CLAs ask for: requests are taken out of their signature, and each counts once (F18).

Online a request repeats a challenge of this server, so that whoever has copied it has nothing. One
that a person carries cannot: there the account, or the operator, stands for it (F15).
"""

from license_server.challenges import CHANCE_BYTES, Challenges
from license_server.operations import LicenseServer
from license_server.ownership import Proof
from licensing.agent_requests import (
    ActivationRequest,
    AskTime,
    RelicensingRequest,
    SignedRequest,
    VouchedTime,
    read_request,
    sign_time,
)
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.events import IssueRefused
from licensing.messages import (
    ActivateAtServer,
    IssuedAnswer,
    IssuedFile,
    ServerChallenge,
    SignedTime,
)
from runtime.host import Host

_SECRET_BYTES = 32


class SignedRequests:
    """The operations that a CLA calls, or has called by a person."""

    def __init__(self, host: Host, server: LicenseServer) -> None:
        self._host = host
        self._server = server
        self._challenges = Challenges()
        self._secret = b""

    async def challenge(self) -> ServerChallenge:
        """What the next request of a CLA has to repeat: once, and within five minutes."""
        self._secret = self._secret or self._host.dice.token(_SECRET_BYTES)
        chance = self._host.dice.token(CHANCE_BYTES)
        return ServerChallenge(
            challenge=self._challenges.make(self._secret, chance, self._host.clock.monotonic_ns())
        )

    async def activate(self, signed: SignedRequest) -> IssuedFile:
        """The license file for a LAC and a Locking ID, for the CLA that signed the request (F18).

        The content is an `ActivationRequest` with a challenge of this server. Raises
        `signed-request-invalid`, `challenge-unknown`, and as `LicenseServer.activate`.
        """
        request = read_request(signed, ActivationRequest)
        self._use_challenge(request)
        asked = ActivateAtServer(
            lac=request.lac, locking_id=request.locking_id, registration=request.registration
        )
        return await self._server.activate(asked, proof=_proof(signed, request))

    async def relicense(self, signed: SignedRequest) -> IssuedAnswer:
        """The file of the next epoch, or the newest as it is where no relicensing is required (F4).

        The content is a `RelicensingRequest` with a challenge of this server. Raises
        `signed-request-invalid`, `challenge-unknown`, and as `LicenseServer.relicense`.
        """
        request = read_request(signed, RelicensingRequest)
        self._use_challenge(request)
        return await self._server.relicense(request, _proof(signed, request))

    async def relicense_by_file(self, signed: SignedRequest) -> IssuedAnswer:
        """The answer to a relicensing request that somebody has brought (F15).

        The same request again gets the same answer. Raises as `carried`.
        """
        return await carried(self._server, signed)

    async def time(self, ask: AskTime) -> SignedTime:
        """The time of this server, signed together with the challenge of who asks (F11)."""
        time = VouchedTime(challenge=ask.challenge, at=self._server.now())
        return SignedTime(time=sign_time(time, self._server.signing_key))

    def _use_challenge(self, request: ActivationRequest | RelicensingRequest) -> None:
        now_ns = self._host.clock.monotonic_ns()
        try:
            self._challenges.use(self._secret, request.server_challenge, now_ns)
        except LicensingError as refusal:
            locking_id = request.locking_id[:LONGEST_QUOTE]
            self._host.journal.record(IssueRefused(locking_id=locking_id, code=refusal.code))
            raise


async def carried(server: LicenseServer, signed: SignedRequest, customer: str = "") -> IssuedAnswer:
    """The answer to a request that a person has brought, for an account or the operator ("").

    Raises `signed-request-invalid`, and as `LicenseServer.relicense`.
    """
    request = read_request(signed, RelicensingRequest)
    return await server.relicense(request, _proof(signed, request), customer)


def _proof(signed: SignedRequest, request: ActivationRequest | RelicensingRequest) -> Proof:
    return Proof(agent_key=signed.agent_key, license_file=request.license_file)
