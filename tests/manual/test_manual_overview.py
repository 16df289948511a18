"""Manual 4.3.2: the overview with its seven symbols, the procedure a) to d), and the printout."""

import re

from systems import OUTSIDE
from technician import Technician, licensed_system, overview, sign_in, technician

from licensing.catalogue import LICENSES, LicenseKind
from licensing.events import DemandDecided
from licensing.words import Profile

USER_LICENSES = {key for key, row in LICENSES.items() if row.kind is LicenseKind.USER}


async def demands(someone: Technician) -> list[str]:
    """The license requests of the node that wait for check and unlock, as holder and license."""
    rows = (await someone.here.net.licenses(someone.node)).rows
    return [f"{row.holder} {row.license}" for row in rows if row.quantity > row.granted]


async def too_many(someone: Technician) -> None:
    """Three stations demand the two IP licenses, and the third is refused."""
    for number in ("100", "101", "102"):
        await someone.assign(number, "ip")
    await someone.unlock()


async def test_the_overview_has_all_station_and_user_oriented_licenses():
    """Every subscriber is a row: the station license of its type, and all user-oriented ones."""
    async with licensed_system() as someone:
        shown = overview(await someone.open("/local-user-licenses"))
        assert list(shown) == list(someone.here.net.scenario.internetwork.nodes["hq"].numbers())
        assert set(shown["100"]) == {"ip"} | USER_LICENSES
        assert set(shown["140"]) == {"tdm"} | USER_LICENSES
        assert "itsp-1" not in shown


async def test_the_overview_shows_the_status_of_each_license_of_each_subscriber():
    """What one subscriber's status becomes is in that row and cell, and in no other."""
    async with licensed_system() as someone:
        before = overview(await someone.open("/local-user-licenses"))
        await someone.assign("100", "ip")
        await someone.unlock()
        after = overview(await someone.open("/local-user-licenses"))
        assert after["100"]["ip"] == "Successfully licensed"
        assert {n: row for n, row in after.items() if n != "100"} == {
            n: row for n, row in before.items() if n != "100"
        }


async def test_symbol_successfully_licensed():
    """After check and unlock, and not while the demand is unsaved."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["ip"] != "Successfully licensed"
        await someone.unlock()
        assert (await someone.statuses("100"))["ip"] == "Successfully licensed"


async def test_symbol_unsaved_license_release():
    """A license that is unticked; it is in use until check and unlock, or until ticked again."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        await someone.unlock()
        await someone.assign("100")
        assert (await someone.statuses("100"))["ip"] == "Unsaved license release"
        assert await someone.licensed("100") == {"ip": 1}
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["ip"] == "Successfully licensed"
        await someone.assign("100")
        await someone.unlock()
        assert (await someone.statuses("100"))["ip"] == "License demand configurable"
        assert await someone.licensed("100") == {}


async def test_symbol_not_licensed():
    """The demand that was refused, and no other of the same check."""
    async with licensed_system() as someone:
        await too_many(someone)
        shown = [(await someone.statuses(number))["ip"] for number in ("100", "101", "102")]
        assert shown == ["Successfully licensed", "Successfully licensed", "Not licensed"]


async def test_symbol_unsaved_license_demand_release():
    """A refused demand that is unticked; ticked again it is not licensed, checked it is gone."""
    async with licensed_system() as someone:
        await too_many(someone)
        await someone.assign("102")
        assert (await someone.statuses("102"))["ip"] == "Unsaved license demand release"
        await someone.assign("102", "ip")
        assert (await someone.statuses("102"))["ip"] == "Not licensed"
        await someone.assign("102")
        await someone.unlock()
        assert (await someone.statuses("102"))["ip"] == "License demand configurable"


async def test_symbol_license_demand_configurable():
    """What may be ticked now: the station license first, then the user-oriented ones."""
    async with licensed_system() as someone:
        assert (await someone.statuses("100"))["ip"] == "License demand configurable"
        assert (await someone.statuses("100"))["voicemail"] != "License demand configurable"
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["voicemail"] == "License demand configurable"


async def test_symbol_unsaved_license_demand():
    """What is ticked and not yet checked; nothing is in use for it, and it can be taken back."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["ip"] == "Unsaved license demand"
        assert await someone.licensed("100") == {}
        await someone.assign("100")
        assert (await someone.statuses("100"))["ip"] == "License demand configurable"


async def test_symbol_license_demand_not_configurable():
    """What lacks a prerequisite: the user-oriented ones at first, Fax until UC Suite is there."""
    async with licensed_system() as someone:
        shown = await someone.statuses("100")
        closed = {key for key, words in shown.items() if words == "License demand not configurable"}
        assert closed == USER_LICENSES
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["fax"] == "License demand not configurable"
        await someone.assign("100", "ip", "uc-suite")
        assert (await someone.statuses("100"))["fax"] == "License demand configurable"


async def test_assignment_requires_an_activated_file_and_configured_stations():
    """Without the file nothing is unlocked; a number that is no station's has no page."""
    async with technician() as someone:
        await someone.assign("100", "ip")
        assert "no license file is activated" in (await someone.unlock()).text
        unknown = await someone.open("/local-user-licenses/of/999")
        assert (unknown.status, "No subscriber has the call number 999" in unknown.text) == (
            404,
            True,
        )
        await someone.register()
        await someone.activate(someone.here.net.lacs["LAC-1"])
        await someone.unlock()
        assert (await someone.statuses("100"))["ip"] == "Successfully licensed"


async def test_a_station_license_triggers_a_license_request():
    """For that subscriber one request; it goes to the central CLA with check and unlock only."""
    async with licensed_system() as someone:
        before = len(someone.here.facts("hq", DemandDecided))
        await someone.assign("100", "ip")
        assert await demands(someone) == ["100 ip"]
        assert len(someone.here.facts("hq", DemandDecided)) == before
        await someone.unlock()
        decided = someone.here.facts("hq", DemandDecided)[-1]
        assert [(seat.holder, seat.license) for seat in decided.granted] == [("100", "ip")]
        assert await demands(someone) == []


async def test_a_station_license_enables_the_user_oriented_licenses():
    """At once, before check and unlock, and for that subscriber only."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        assert (await someone.statuses("100"))["voicemail"] == "License demand configurable"
        assert (await someone.statuses("101"))["voicemail"] == "License demand not configurable"
        assert (await someone.assign("100", "ip", "voicemail")).status == 200
        assert (await someone.assign("101", "voicemail")).status == 409


async def test_b_user_oriented_licenses_cause_further_license_requests():
    """One request more for each, until they are unticked again."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip", "voicemail", "uc-suite")
        assert await demands(someone) == ["100 ip", "100 voicemail", "100 uc-suite"]
        await someone.assign("100", "ip", "voicemail")
        assert await demands(someone) == ["100 ip", "100 voicemail"]


async def test_c_license_requests_are_checked_and_unlocked():
    """All that wait, by one button, which needs the right to assign; then nothing is left."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip", "voicemail")
        await someone.assign("140", "tdm")
        onlooker = await sign_in(someone.here, profile=Profile.BASIC)
        assert (await onlooker.unlock()).status == 403
        assert await someone.licensed("100") == {}
        assert "3 licenses granted" in (await someone.unlock()).text
        assert await someone.licensed("100") == {"ip": 1, "voicemail": 1}
        assert await someone.licensed("140") == {"tdm": 1}
        assert "nothing to unlock" in (await someone.unlock()).text


async def test_d_invalid_assignments_are_displayed_in_red():
    """The row and the symbol of the refused license, in the stylesheet's red; nobody else's."""
    async with licensed_system() as someone:
        page = await someone.open("/local-user-licenses")
        assert '<tr class="invalid">' not in page.source
        await too_many(someone)
        page = await someone.open("/local-user-licenses")
        (row,) = re.findall(r'<tr class="invalid">.*?</tr>', page.source, re.DOTALL)
        assert "/of/102" in row
        assert '<span class="sign bad" title="Not licensed' in row
        sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page.source)
        style = " ".join([(await someone.open(sheet)).source for sheet in sheets])
        assert re.search(r"\.sign\.bad \{[^}]*var\(--bad\)", style)
        bad = re.search(r"--bad: #(..)(..)(..);", style)
        red, green, blue = (int(part, 16) for part in bad.groups())
        assert red > 2 * max(green, blue)


async def test_d_corrected_assignments_are_checked_and_unlocked_again():
    """One station gives its license up, and the refused one has it: by one check, not before."""
    async with licensed_system() as someone:
        await too_many(someone)
        await someone.assign("100")
        assert await someone.licensed("102") == {}
        assert "1 license granted" in (await someone.unlock()).text
        assert (await someone.statuses("102"))["ip"] == "Successfully licensed"
        assert "invalid assignment" not in (await someone.open("/local-user-licenses")).text
        assert (await someone.here.net.call("102", "101")).outcome.value == "connected"
        assert (await someone.here.net.call("100", OUTSIDE)).reason == "no-station-license"


async def test_the_assignments_of_all_subscribers_are_printed():
    """Local User Licenses > Overview > Print: a link there, and all subscribers on one page."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip", "voicemail")
        page = await someone.open("/local-user-licenses")
        assert 'href="/local-user-licenses/print">Print<' in page.source
        printed = await someone.open("/local-user-licenses/print")
        for number in someone.here.net.scenario.internetwork.nodes["hq"].numbers():
            assert f'<th scope="row">{number} ' in printed.source
        row = printed.source.partition('<th scope="row">100 ')[2].partition("</tr>")[0]
        assert row.count("Unsaved license demand") == 2


async def test_invalid_assignments_are_listed_at_the_end_of_the_printout():
    """In a table of their own, after everything else; without any, the printout says so."""
    async with licensed_system() as someone:
        printed = (await someone.open("/local-user-licenses/print")).text
        assert "There are none." in printed.partition("Invalid assignments")[2]
        await too_many(someone)
        printed = (await someone.open("/local-user-licenses/print")).source
        main, _, end = printed.partition("Invalid assignments</h2>")
        assert "100 " in main
        assert "</table>" in end
        assert re.findall(r'<th scope="row">(\w+)</th>', end) == ["102"]
        assert "IP User" in end
        assert "<section" not in end
