"""A CLA whose license file is bound to another Locking ID (F7): it waits for one that fits.

Meanwhile it serves no node and grants nothing, so that everybody is in failover. Its books stay as
they are; what it held is held again under the new file.
"""

import asyncio

from licensing.errors import LicensingError
from licensing.events import AgentStopped, LicenseFileRefused
from licensing.messages import (
    RELICENSING_REQUEST_PATH,
    Activate,
    Activated,
    Enrol,
    LoadLicenseFile,
    Relicense,
)
from licensing.problems import AT_AGENT, LOAD_AT_AGENT
from licensing.records import Record
from licensing.signing import VerificationKey
from master_cla.activation import license_document
from master_cla.startup import Books, open_books
from runtime.host import Host
from runtime.http import Api


async def fitting_books(host: Host, vendor_key: VerificationKey, program: str) -> Books:
    """The books, at once or as soon as a file has been loaded that fits; raises as `open_books`."""
    try:
        return open_books(host, vendor_key)
    except LicensingError as error:
        if error.code != "locking-id-changed":
            raise
        return await _Waiting(host, vendor_key, error).books(program)


class _Waiting:
    """The administration socket of a CLA without a file of its own."""

    def __init__(self, host: Host, vendor_key: VerificationKey, reason: LicensingError) -> None:
        self._host = host
        self._vendor_key = vendor_key
        self._reason = reason
        self._opened: asyncio.Future[Books] = asyncio.get_running_loop().create_future()

    async def books(self, program: str) -> Books:
        """Listen until a file fits."""
        api = Api(program, self._host)
        api.post("/v1/license-file", LoadLicenseFile, self._load, problems=LOAD_AT_AGENT)
        for path, body in (
            ("/v1/activate", Activate),
            ("/v1/relicense", Relicense),
            ("/v1/enrol", Enrol),
        ):
            api.post(path, body, self._refuse, problems=AT_AGENT)
        for path in (RELICENSING_REQUEST_PATH, "/v1/licenses", "/v1/state"):
            api.get(path, self._refusing, problems=AT_AGENT)
        async with api.listening_on_unix(self._host.admin_socket):
            reason = self._reason
            self._host.journal.record(AgentStopped(code=reason.code, text=reason.message))
            return await self._opened

    async def _load(self, request: LoadLicenseFile) -> Activated:
        if self._opened.done():
            raise LicensingError("agent-unreachable")
        document = license_document(request.license_file, self._vendor_key)
        try:
            books = open_books(self._host, self._vendor_key, document)
        except LicensingError as refusal:
            self._host.journal.record(LicenseFileRefused(code=refusal.code))
            raise
        self._opened.set_result(books)
        file = books.ledger.file
        assert file, "it was accepted"
        return Activated(serial=file.serial, epoch=file.epoch, licenses=file.licenses)

    async def _refuse(self, _: Record) -> Record:
        raise self._reason

    async def _refusing(self) -> Record:
        raise self._reason
