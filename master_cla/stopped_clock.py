"""A CLA whose host's clock was set back by more than a day (F11): it runs on, and serves no node.

Meanwhile everybody is in failover. It serves again as soon as the clock is at or past the latest
time that it has shown, or a day at most from the license server's, which it asks at once and then
every half an hour, or which a person brings with the answer to a relicensing request (F15). It
never runs on a time that its host does not show.
"""

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import datetime

from licensing.agent_requests import (
    AskTime,
    SignedRequest,
    answer_in,
    read_time,
    sign_request,
    vouched_time,
)
from licensing.errors import LicensingError
from licensing.events import AgentClockCompared, AgentStopped, LicenseFileRefused
from licensing.messages import CLS_TIME_PATH, Activated, LoadLicenseFile, SignedTime
from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND, TIMING
from licensing.signing import VerificationKey
from licensing.wall_time import utc_of, wall_time_ns
from licensing.words import counted
from master_cla.activation import exchange_with_license_server, not_reached
from master_cla.agent_requests import new_challenge, relicensing_request
from master_cla.out_of_service import OutOfService
from master_cla.startup import Books, open_books, open_store, stored_ledger
from master_cla.store.server_memory import ServerMemory
from runtime.host import Host


class StoppedClock(OutOfService):
    """Waits for the right time; `reason` is why the books could not be opened."""

    def __init__(self, host: Host, vendor_key: VerificationKey, reason: LicensingError) -> None:
        super().__init__(host, reason)
        self._vendor_key = vendor_key
        with closing(open_store(host)) as store:
            mark = store.clock_mark()
            assert mark, "without a mark no clock was set back"
            self._mark = mark
            self._memory = store.license_server
        self._opened: asyncio.Future[Books] = asyncio.get_running_loop().create_future()
        self._settled = asyncio.Event()
        self._told_ns = 0
        self._file_refusal: LicensingError | None = None
        """Why the file was refused that came with the right time."""

    async def books(self, program: str) -> Books:
        """Listen, look and ask until the clock is right; raises as `open_books`."""
        api = self.refusing_api(program, load=self._load, request=self._request)
        async with api.listening_on_unix(self._host.admin_socket):
            self._host.journal.record(AgentStopped(code=self.reason.code, text=self.reason.message))
            async with asyncio.TaskGroup() as tasks:
                waiting = [tasks.create_task(do()) for do in (self._look_on, self._ask_on)]
                await self._settled.wait()
                for task in waiting:
                    task.cancel()
        return self._opened.result()

    async def _look_on(self) -> None:
        """Look at the clock for ever; from its mark on nobody need vouch for it."""
        while True:
            if self._host.clock.wall_ns() >= self._mark.wall_ns:
                self._open(vouched=False)
            await asyncio.sleep(TIMING.answer_ns / NS_PER_SECOND)

    async def _ask_on(self) -> None:
        """Ask the license server that was asked last, and tell once why it does not answer."""
        told = ""
        while self._memory.address:
            try:
                await self._ask()
                told = ""
            except LicensingError as error:
                cause = error.message
                if cause != told:
                    self._host.journal.record(not_reached(self._memory.address, error))
                told = cause
            await asyncio.sleep(TIMING.time_request_ns / NS_PER_SECOND)

    async def _ask(self) -> None:
        ask = AskTime(challenge=new_challenge(self._host.dice))
        answer = await exchange_with_license_server(
            self._host, self._memory.address, CLS_TIME_PATH, ask, SignedTime
        )
        time = read_time(answer.time, self._vendor_key)
        self._compare(vouched_time(time, challenge=ask.challenge, before=self._before()))

    async def _request(self) -> SignedRequest:
        """A relicensing request, whose answer vouches for the time (F15)."""
        challenge = new_challenge(self._host.dice)
        with closing(open_store(self._host)) as store:
            ledger = stored_ledger(self._host, store, self._vendor_key)
            asked = relicensing_request(
                ledger, self._host.locking_id, self._mark.time_ns, challenge
            )
            self._remember(replace(self._memory, challenge=challenge))
            return sign_request(asked, ledger.key)

    async def _load(self, request: LoadLicenseFile) -> Activated:
        """An answer to the newest request; any other file repairs nothing."""
        answer = answer_in(request.license_file, self._vendor_key)
        if answer is None:
            raise self.reason
        at = vouched_time(answer.time, challenge=self._memory.challenge, before=self._before())
        self._remember(replace(self._memory, challenge=""))
        self._compare(at, answer.license_file)
        if not self._opened.done():
            raise self.reason
        if self._file_refusal:
            raise self._file_refusal
        file = self._opened.result().ledger.file
        assert file, "it is in the answer"
        return Activated(serial=file.serial, epoch=file.epoch, licenses=file.licenses)

    def _compare(self, at: datetime, file: str | None = None) -> None:
        """The license server's time is `at`: serve where that of this host is within a day of it.

        `file` is the license file that came with it.
        """
        at_ns = wall_time_ns(at)
        self._remember(replace(self._memory, vouched_ns=at_ns))
        ahead_ns = self._host.clock.wall_ns() - at_ns
        right = abs(ahead_ns) <= TIMING.agent_clock_tolerance_ns
        if right or abs(ahead_ns - self._told_ns) > TIMING.clock_slack_ns:
            self._told_ns = ahead_ns  # not every half an hour the same
            self._host.journal.record(AgentClockCompared(ahead_ns=ahead_ns))
        if not right:
            self.reason = _wrong(ahead_ns)
        else:
            self._open(file, vouched=True)

    def _open(self, file: str | None = None, *, vouched: bool) -> None:
        if self._opened.done():
            return
        try:
            self._opened.set_result(self._books_with(file, vouched=vouched))
        except LicensingError as error:
            self._opened.set_exception(error)
        self._settled.set()

    def _books_with(self, file: str | None, *, vouched: bool) -> Books:
        """The books, with `file` where it may be used: the time is right whatever came with it."""
        try:
            return open_books(self._host, self._vendor_key, file, vouched=vouched)
        except LicensingError as refusal:
            if file is None:
                raise
            books = open_books(self._host, self._vendor_key, vouched=vouched)
            self._file_refusal = refusal
            self._host.journal.record(LicenseFileRefused(code=refusal.code))
            return books

    def _before(self) -> datetime | None:
        vouched_ns = self._memory.vouched_ns
        return utc_of(vouched_ns) if vouched_ns else None

    def _remember(self, memory: ServerMemory) -> None:
        with closing(open_store(self._host)) as store, store.transaction():
            store.license_server = memory
        self._memory = memory


def _wrong(ahead_ns: int) -> LicensingError:
    off_ns = abs(ahead_ns)
    days, hours = round(off_ns / DAY_NS), round(off_ns / HOUR_NS)
    off = counted(days, "day") if off_ns >= 2 * DAY_NS else counted(hours, "hour")
    direction = "ahead of" if ahead_ns > 0 else "behind"
    return LicensingError("agent-clock-wrong", off=off, direction=direction)
