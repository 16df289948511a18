"""License files: fetching them from the license server and judging them (manual 4.3.1; F12)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import TypeVar

import aiohttp

from licensing.agent_requests import SignedRequest, answer_in
from licensing.errors import LicensingError
from licensing.events import LicenseServerNotReached
from licensing.license_file import LicenseFile, read_license_file
from licensing.messages import CLS_CHALLENGE_PATH, ServerChallenge
from licensing.policies import MICROSECOND_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.signing import VerificationKey
from licensing.wall_time import utc_of
from licensing.words import counted
from master_cla.admission import ended_on
from runtime import http
from runtime.host import Host

LICENSE_SERVER = "The license server"
Answer = TypeVar("Answer", bound=Record)


async def ask_license_server(
    host: Host,
    address: str,
    path: str,
    signed: Callable[[str], SignedRequest],
    answer: type[Answer],
) -> Answer:
    """What the license server at `address` answers to a request, `signed` for its challenge.

    Raises as `exchange_with_license_server`; that nothing answers is journaled, too.
    """
    try:
        async with _reached(host, address) as (client, base):
            given = await http.get(
                client, base + CLS_CHALLENGE_PATH, ServerChallenge, party=LICENSE_SERVER
            )
            request = signed(given.challenge)
            return await http.post(client, base + path, request, answer, party=LICENSE_SERVER)
    except LicensingError as error:
        if error.code == "connection-failed":
            host.journal.record(not_reached(address, error))
        raise


async def exchange_with_license_server(
    host: Host, address: str, path: str, body: Record, answer: type[Answer]
) -> Answer:
    """What the license server at `address` answers to `body`.

    A scheme may stand before the address; without one it is as the host itself speaks.

    Raises the server's refusal, or `connection-failed` where it does not answer in time or is not
    who it should be (its certificate).
    """
    async with _reached(host, address) as (client, base):
        return await http.post(client, base + path, body, answer, party=LICENSE_SERVER)


def not_reached(address: str, error: LicensingError) -> LicenseServerNotReached:
    """The fact that the license server gave no answer, and why."""
    cause = str(error.details.get("reason", error.message))
    return LicenseServerNotReached(address=address, cause=cause)


@asynccontextmanager
async def _reached(host: Host, address: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    base = address.rstrip("/")
    base = base if "://" in base else http.url_of(host, base, "")
    try:
        async with (
            asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND),
            http.client(host.tls) as client,
        ):
            yield client, base
    except TimeoutError as error:
        reason = f"no answer within {TIMING.answer_ns // MINUTE_NS} minutes"
        raise LicensingError("connection-failed", party=LICENSE_SERVER, reason=reason) from error


def license_document(document: str, vendor_key: VerificationKey) -> str:
    """The license file in what somebody brought: an answer to a request has one in it (F15)."""
    answer = answer_in(document, vendor_key)
    return answer.license_file if answer else document


def judge_license_file(
    document: str,
    vendor_key: VerificationKey,
    locking_id: str,
    newest: LicenseFile | None,
    wall_ns: int,
) -> LicenseFile:
    """The content of `document` where this host may use it.

    Raises `license-file-invalid`, also for one that has ended at `wall_ns`, `license-file-foreign`,
    `license-file-outdated` where a newer file was accepted before (A13), `clock-behind-file` where
    `wall_ns` is more than a day before it was issued (F11), or `base-license-missing`. The newest
    file itself may come again.
    """
    file = read_license_file(document, vendor_key)
    if file.locking_id != locking_id:
        raise LicensingError(
            "license-file-foreign", bound_to=file.locking_id, locking_id=locking_id
        )
    if newest and (file.serial < newest.serial or file.epoch < newest.epoch):
        raise LicensingError("license-file-outdated", serial=file.serial, newest=newest.serial)
    _require_clock_of(file, wall_ns)
    ended = ended_on(file, wall_ns)
    if ended:
        raise LicensingError("license-file-invalid", reason=f"it ended on {ended}")
    if "base" not in file.licenses:
        raise LicensingError("base-license-missing", locking_id=locking_id)
    return file


def _require_clock_of(file: LicenseFile, wall_ns: int) -> None:
    behind = file.issued_at - utc_of(wall_ns)
    if behind > timedelta(microseconds=TIMING.agent_clock_tolerance_ns // MICROSECOND_NS):
        issued = file.issued_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        hours = behind // timedelta(hours=1)
        raise LicensingError("clock-behind-file", issued=issued, off=counted(hours, "hour"))
