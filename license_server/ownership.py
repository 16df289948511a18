"""Whose a license file is: of the CLA whose key is bound to its Locking ID (F18).

A key is bound by the first activation online; where none is (offline, rehosted, combined, from an
older server), by the first signed request that presents the newest license file itself. A person
proves it by the account, which `issuance` and `moves` see to. Pure.
"""

from license_server.issuance import RegisteredSystem
from licensing.errors import LicensingError
from licensing.records import Record


class Proof(Record):
    """What a signed request proves: who has signed it, and which license file the signer has."""

    agent_key: str
    license_file: str


def binds(system: RegisteredSystem, newest: str, proof: Proof, *, own_lac: bool) -> bool:
    """Whether the signer's key is to be bound to `system`, as it was before the request.

    `newest` is the document of its newest license file; `own_lac` says that the request has a LAC
    that was activated for it before: that is enough where the key was released. Where there is no
    file yet, the first activation is. Raises `agent-key-foreign` or `agent-key-unproven` where the
    file is not the signer's.
    """
    if system.agent_key == proof.agent_key:
        return False
    if system.agent_key:
        raise LicensingError("agent-key-foreign", locking_id=system.locking_id)
    if not system.in_force or (own_lac and system.key_released):
        return True
    if proof.license_file != newest:
        raise LicensingError("agent-key-unproven", locking_id=system.locking_id)
    return True
