"""Manual 4.3.2, assigning system licenses: trunks, and system-wide features."""

from systems import OUTSIDE, SAMPLE, running
from technician import Technician, licensed_system, sign_in, technician

from licensing.catalogue import LICENSES, LicenseKind
from licensing.words import CallOutcome

COME_BY_THEMSELVES = {"base", "networking"}
FEATURES = {key for key, row in LICENSES.items() if row.kind is LicenseKind.SYSTEM}


async def test_system_licenses_include_licenses_for_trunks_and_for_system_wide_features():
    """Each kind has its page; in an internetwork a feature's license is allotted to one node."""
    async with running(SAMPLE) as here:
        await here.license()
        hq, north = await sign_in(here), await sign_in(here, "north")
        assert "s2m-1" in (await north.open("/line-licenses")).text
        page = (await north.open("/system-licenses")).text
        assert "Check and unlock" in page
        assert all(LICENSES[key].name in page for key in FEATURES - COME_BY_THEMSELVES)
        await north.allot("gate-view")
        assert await north.licensed("system") == {}
        await north.unlock()
        assert await north.licensed("system") == {"gate-view": 1}
        await hq.allot("gate-view")
        assert "no Gate View license is free" in (await hq.unlock()).text
        assert await hq.licensed("system") == {}


async def test_a_standalone_system_has_its_features_by_the_activation():
    """Those that were bought, with no further step; what a later activation adds, as well."""
    async with technician() as someone:
        lacs = someone.here.net.lacs
        await someone.unlock()
        assert await someone.licensed("system") == {}
        await someone.register()
        await someone.activate(lacs["LAC-1"])
        assert await someone.licensed("system") == {"gate-view": 1}
        assert await someone.licensed("100") == {}
        await someone.activate(lacs["LAC-2"])
        assert await someone.licensed("system") == {"gate-view": 1, "myreports": 1}


async def test_a_standalone_system_needs_no_assignment_of_features():
    """Its page says so, offers nothing, and nothing is left to unlock."""
    async with licensed_system() as someone:
        page = (await someone.open("/system-licenses")).text
        assert "are unlocked by the license activation: there is nothing to assign" in page
        assert "Check and unlock" not in page
        assert "nothing to unlock" in (await someone.unlock()).text
        assert await someone.licensed("system") == {"gate-view": 1}


async def _busy_from(someone: Technician, trunk: str, kind: str, licensed: int) -> None:
    """`licensed` calls at a time go over the trunk, the next one is refused."""
    net = someone.here.net
    await someone.assign("100", "ip")
    await someone.distribute(**{trunk: licensed})
    await someone.unlock()
    assert await someone.licensed(trunk.replace("_", "-")) == {kind: licensed}
    calls = [await net.call("100", OUTSIDE, lasting="1 h") for _ in range(licensed + 1)]
    outcomes = [CallOutcome.CONNECTED] * licensed + [CallOutcome.REFUSED]
    assert [call.outcome for call in calls] == outcomes
    assert {call.trunk for call in calls[:-1]} == {trunk.replace("_", "-")}


async def test_s2m_trunks_are_licensed_by_b_channels():
    """Two of four B channels are licensed: the third call is refused; five fit no such trunk."""
    async with licensed_system() as someone:
        await _busy_from(someone, "s2m_1", "s2m", 2)
        assert "has 4 channels, not 5" in (await someone.distribute(s2m_1=5)).text


async def test_itsp_trunks_are_licensed_by_simultaneous_calls():
    """With one license one call at a time goes over the ITSP, and after it the next."""
    async with licensed_system() as someone:
        net = someone.here.net
        await _busy_from(someone, "itsp_1", "itsp", 1)
        await net.run_until("day 0 12:00")
        assert (await net.call("100", OUTSIDE)).outcome is CallOutcome.CONNECTED


async def test_trunk_licenses_are_distributed_to_the_trunks():
    """Bought, they are on no trunk; each has what it was given, no more than was bought."""
    async with licensed_system() as someone:
        table = {row.license: row for row in (await someone.here.net.license_table()).licenses}
        assert (table["itsp"].free, table["s2m"].free) == (2, 2)
        await someone.distribute(itsp_1=1, s2m_1=2)
        await someone.unlock()
        assert await someone.licensed("itsp-1") == {"itsp": 1}
        assert await someone.licensed("s2m-1") == {"s2m": 2}
        await someone.distribute(itsp_1=4, s2m_1=2)
        assert (
            "2 licenses refused (no ITSP Channel license is free)" in (await someone.unlock()).text
        )
        assert await someone.licensed("itsp-1") == {"itsp": 2}
