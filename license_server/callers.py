"""Who may call which operation of the license server: the one table (F18).

A test compares it with the operations that the addresses offer, and lets each caller try each of
them; docs/api.md shows it. The proof is checked where the operation is carried out: signature and
challenge in `signed_requests`, the key in `ownership`, the account in `issuance` and `moves`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Address(StrEnum):
    """Where an operation is offered."""

    PUBLIC = "public address"
    ADMINISTRATION = "administration socket"
    PAGES = "pages"


class Caller(StrEnum):
    """Who may call, and what proves it."""

    ANYBODY = "anybody"
    OWNER_BY_KEY = "the CLA whose key is bound to the Locking ID, by a signed request"
    OWNER_BY_ACCOUNT = "the account that the Locking ID's orders belong to"
    OWNER_BY_BOTH = "the account, with a request that the bound key has signed"
    LAC_HOLDER = "an account, with a LAC that no other account has"
    OPERATOR = "the operator of the host"
    OPERATOR_WITH_REQUEST = "the operator, with a request that the bound key has signed"


class ServerOperation(NamedTuple):
    """An operation by its address; paths of pages are those of their forms."""

    address: Address
    method: str
    path: str


_PUBLIC, _SOCKET, _PAGES = Address.PUBLIC, Address.ADMINISTRATION, Address.PAGES

CALLERS: Mapping[ServerOperation, Caller] = MappingProxyType(
    {
        ServerOperation(_PUBLIC, "GET", "/v1/health"): Caller.ANYBODY,
        ServerOperation(_PUBLIC, "GET", "/v1/openapi.json"): Caller.ANYBODY,
        ServerOperation(_PUBLIC, "GET", "/v1/verification-key"): Caller.ANYBODY,
        ServerOperation(_PUBLIC, "GET", "/v1/challenge"): Caller.ANYBODY,
        ServerOperation(_PUBLIC, "POST", "/v1/time"): Caller.ANYBODY,
        ServerOperation(_PUBLIC, "POST", "/v1/activate"): Caller.OWNER_BY_KEY,
        ServerOperation(_PUBLIC, "POST", "/v1/reissue"): Caller.OWNER_BY_KEY,
        ServerOperation(_PAGES, "GET", "/license-files/{locking_id}"): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(
            _PAGES, "GET", "/license-files/{locking_id}/download"
        ): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(
            _PAGES, "GET", "/license-files/{locking_id}/answer/download"
        ): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(_PAGES, "POST", "/activate"): Caller.LAC_HOLDER,
        ServerOperation(_PAGES, "POST", "/relicense"): Caller.OWNER_BY_BOTH,
        ServerOperation(_PAGES, "POST", "/combine"): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(_PAGES, "POST", "/rehost"): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(_PAGES, "POST", "/release-key"): Caller.OWNER_BY_ACCOUNT,
        ServerOperation(_SOCKET, "GET", "/v1/health"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "GET", "/v1/openapi.json"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "GET", "/v1/verification-key"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "GET", "/v1/state"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "GET", "/metrics"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/customer"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/order"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/activate"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/reissue"): Caller.OPERATOR_WITH_REQUEST,
        ServerOperation(_SOCKET, "POST", "/v1/combine"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/rehost"): Caller.OPERATOR,
        ServerOperation(_SOCKET, "POST", "/v1/release-key"): Caller.OPERATOR,
    }
)
