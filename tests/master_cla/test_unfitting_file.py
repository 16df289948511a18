"""F7: a CLA whose license file is bound to another Locking ID waits for one that fits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from agency import Agency, agency, seats

from licensing.errors import LicensingError
from licensing.events import AgentStopped, LicenseFileAccepted, LicenseFileRefused
from licensing.license_table import LicenseTable
from licensing.messages import Activated, Enrol, Enrolled, LoadLicenseFile
from runtime.http import get, unix_client

NEW_LOCKING_ID = "00-1A-E8-4C-00-09"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Agency]:
    """Everything up and enrolled, nothing activated."""
    async with agency(tmp_path) as running:
        yield running


async def moved(here: Agency) -> None:
    """A node holds two seats; then the CLA's host has another Locking ID."""
    await here.use_own_vendor()
    await load(here, here.make_file(1, 1, {"base": 1, "ip": 2, "networking": 1}))
    north = await here.connect("north")
    await north.demand("1", seats(("200", "ip"), ("201", "ip")))
    here.machines["hq"].locking_id = NEW_LOCKING_ID
    await here.machines["hq"].crash()
    await here.machines["hq"].start()
    await asyncio.sleep(1)


async def load(here: Agency, document: str) -> Activated:
    """Load a license file at the CLA."""
    return await here.post("/v1/license-file", LoadLicenseFile(license_file=document), Activated)


async def test_it_says_why_it_waits_and_serves_no_node(here: Agency) -> None:
    """Everybody is in failover; every other operation is refused with the reason."""
    await moved(here)
    assert [fact.code for fact in here.facts(AgentStopped)] == ["locking-id-changed"]
    with pytest.raises(LicensingError, match=NEW_LOCKING_ID) as refused:
        await here.post("/v1/enrol", Enrol(node="south", public_key=""), Enrolled)
    assert refused.value.code == "locking-id-changed"
    async with unix_client(here.machines["hq"].program_directory("cla") / "admin.sock") as cla:
        with pytest.raises(LicensingError) as refused:
            await get(cla, "/v1/licenses", LicenseTable, party="the CLA")
    assert refused.value.code == "locking-id-changed"
    with pytest.raises(aiohttp.ClientConnectorError):
        await here.dial("north")


async def test_a_file_that_does_not_fit_changes_nothing(here: Agency) -> None:
    """Foreign, outdated or no file at all: refused, and the wait goes on."""
    await moved(here)
    older = here.make_file(0, 1, {"base": 1}, locking_id=NEW_LOCKING_ID)
    foreign = here.make_file(2, 1, {"base": 1})
    for document, code in (
        (foreign, "license-file-foreign"),
        (older, "license-file-outdated"),
        ("", "license-file-invalid"),
    ):
        with pytest.raises(LicensingError) as refused:
            await load(here, document)
        assert refused.value.code == code
    assert len(here.facts(LicenseFileRefused)) == 3
    assert len(here.facts(LicenseFileAccepted)) == 1


async def test_a_rehosted_file_ends_the_wait_and_seats_are_held_as_before(here: Agency) -> None:
    """Same epoch, so the nodes lease anew without relicensing; also after one more restart."""
    await moved(here)
    licenses = {"base": 1, "ip": 2, "networking": 1}
    activated = await load(here, here.make_file(2, 1, licenses, locking_id=NEW_LOCKING_ID))
    assert (activated.serial, activated.epoch) == (2, 1)
    await asyncio.sleep(1)
    north = await here.connect("north", epoch=1, seq=2, serial=1)
    assert north.welcome.lease
    assert (await here.licenses())["ip"].held == {"north": 2}
    await here.restart()
    assert (await here.licenses())["ip"].held == {"north": 2}
