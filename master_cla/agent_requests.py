"""What the CLA asks the license server for, said from its books (F15, F18)."""

import base64
from datetime import datetime

from licensing.agent_requests import CHALLENGE_BYTES, ActivationRequest, RelicensingRequest
from licensing.messages import Activate
from licensing.wall_time import utc_of
from master_cla.ledger import Ledger
from runtime.host import Dice


def new_challenge(dice: Dice) -> str:
    """A challenge that nobody has seen before."""
    return base64.urlsafe_b64encode(dice.token(CHALLENGE_BYTES)).decode()


def activation_request(
    ledger: Ledger, locking_id: str, activate: Activate, server_challenge: str
) -> ActivationRequest:
    """The request for the LAC's license file."""
    return ActivationRequest(
        lac=activate.lac,
        locking_id=locking_id,
        registration=activate.registration,
        license_file=ledger.license_document,
        server_challenge=server_challenge,
    )


def relicensing_request(
    ledger: Ledger, locking_id: str, now_ns: int, challenge: str, server_challenge: str = ""
) -> RelicensingRequest:
    """The request for the next epoch at agent time `now_ns`, with the CLA's own `challenge`."""
    ended_ns = {
        member.name: member.expired_ns
        for member in ledger.members.values()
        if member.expired_ns is not None and ledger.is_expired(member)
    }
    return RelicensingRequest(
        locking_id=locking_id,
        epoch=ledger.epoch,
        relicensing_required=ledger.relicensing_required,
        since=_wall_time(ledger, now_ns, min(ended_ns.values())) if ended_ns else None,
        nodes=sorted(ended_ns),
        challenge=challenge,
        license_file=ledger.license_document,
        server_challenge=server_challenge,
    )


def _wall_time(ledger: Ledger, now_ns: int, then_ns: int) -> datetime:
    """The host's date at agent time `then_ns`, as far as the clock runs as it does now."""
    wall_ns = ledger.wall_ns - (now_ns - then_ns)
    return utc_of(wall_ns)
