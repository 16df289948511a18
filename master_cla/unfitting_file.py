"""A CLA whose license file is bound to another Locking ID (F7): it waits for one that fits."""

import asyncio

from licensing.errors import LicensingError
from licensing.events import AgentStopped, LicenseFileRefused
from licensing.messages import Activated, LoadLicenseFile
from licensing.signing import VerificationKey
from master_cla.activation import license_document
from master_cla.out_of_service import OutOfService
from master_cla.startup import Books, open_books
from runtime.host import Host


class UnfittingFile(OutOfService):
    """Waits for a license file for this host; `reason` names both Locking IDs."""

    def __init__(self, host: Host, vendor_key: VerificationKey, reason: LicensingError) -> None:
        super().__init__(host, reason)
        self._vendor_key = vendor_key
        self._opened: asyncio.Future[Books] = asyncio.get_running_loop().create_future()

    async def books(self, program: str) -> Books:
        """Listen until a file fits."""
        api = self.refusing_api(program, load=self._load)
        async with api.listening_on_unix(self._host.admin_socket):
            self._host.journal.record(AgentStopped(code=self.reason.code, text=self.reason.message))
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
