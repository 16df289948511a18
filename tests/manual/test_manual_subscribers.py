"""Manual 4.3.2: which licenses subscribers and trunks are assigned, and what they require."""

from technician import Technician, licensed_system, sign_in

from licensing.catalogue import LICENSES, STATION_LICENSES, LicenseKind

USER_LICENSES = [key for key, row in LICENSES.items() if row.kind is LicenseKind.USER]
TYPES = {
    "ip": {"100": "IP system telephone (HFA)", "103": "IP system telephone (SIP)", "104": "SIP"},
    "tdm": {"140": "UP0", "141": "ISDN", "142": "analog", "143": "DECT"},
    "mobile": {"120": "mobile"},
    "desk-sharing": {"130": "DeskSharing"},
}


async def test_subscribers_are_assigned_station_and_user_oriented_licenses():
    """One subscriber gets one of each kind; a line license is not assigned to a subscriber."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip", "voicemail")
        await someone.unlock()
        assert await someone.licensed("100") == {"ip": 1, "voicemail": 1}
        refused = await someone.assign("100", "ip", "voicemail", "s2m")
        assert (refused.status, "does not fit 100" in refused.text) == (409, True)


async def _are_for(station_license: str) -> None:
    """Each subscriber of the types takes the license, and refuses the other three."""
    async with licensed_system() as someone:
        for number, kind in TYPES[station_license].items():
            assert kind in (await someone.open(f"/local-user-licenses/of/{number}")).text
            for other in set(STATION_LICENSES) - {station_license}:
                assert (await someone.assign(number, other)).status == 409
            await someone.assign(number, station_license)
            await someone.unlock()
            assert await someone.licensed(number) == {station_license: 1}
            await someone.assign(number)
            await someone.unlock()
            assert await someone.licensed(number) == {}


async def test_ip_station_licenses_are_for_ip_system_telephones_and_sip_telephones():
    """HFA, SIP system telephone and SIP telephone take an IP license, and no other."""
    await _are_for("ip")


async def test_tdm_station_licenses_are_for_up0_isdn_analog_and_dect_phones():
    """The four types take a TDM license, and no other."""
    await _are_for("tdm")


async def test_mobile_station_licenses_are_for_mobile_stations():
    """A mobile station takes a Mobile license, and no other."""
    await _are_for("mobile")


async def test_desk_sharing_station_licenses_are_for_desk_sharing():
    """A desk sharing station takes a DeskSharing license, and no other."""
    await _are_for("desk-sharing")


async def test_station_licenses_are_permanently_assigned_to_numbers():
    """A restart and time leave them where they are; no other number gets one before a release."""
    async with licensed_system() as someone:
        net = someone.here.net
        for number in ("100", "101"):
            await someone.assign(number, "ip")
        await someone.unlock()
        await someone.here.damage("hq", lambda _: None)
        again = await sign_in(someone.here)
        assert [await again.licensed(number) for number in ("100", "101")] == [{"ip": 1}] * 2
        await again.assign("102", "ip")
        assert "no IP User license is free" in (await again.unlock()).text
        await net.run_until("day 40")
        assert await again.licensed("100") == {"ip": 1}
        back = await sign_in(someone.here)
        await back.assign("100")
        await back.unlock()
        assert [await back.licensed(number) for number in ("100", "102")] == [{}, {"ip": 1}]


async def test_a_deleted_subscriber_releases_its_station_license():
    """Of two IP licenses one is free again at once, and the station that was refused gets it."""
    async with licensed_system() as someone:
        for number in ("100", "101", "102"):
            await someone.assign(number, "ip")
        assert "no IP User license is free" in (await someone.unlock()).text
        assert "its licenses are released" in (await someone.delete("101")).text
        assert (await free(someone))["ip"] == 1
        assert (await someone.open("/local-user-licenses/of/101")).status == 404
        await someone.unlock()
        assert await someone.licensed("102") == {"ip": 1}


async def test_another_subscriber_type_releases_the_station_license():
    """From IP to TDM all is released; from HFA to SIP the subscriber stays an IP station."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip", "voicemail")
        await someone.assign("103", "ip")
        await someone.unlock()
        await someone.retype("103", "sip")
        assert await someone.licensed("103") == {"ip": 1}
        await someone.retype("100", "up0")
        assert await someone.licensed("100") == {}
        released = await free(someone)
        assert (released["ip"], released["voicemail"]) == (1, 1)
        await someone.assign("100", "tdm")
        await someone.unlock()
        assert await someone.licensed("100") == {"tdm": 1}


async def free(someone: Technician) -> dict[str, int]:
    """What may still be granted, by license."""
    table = await someone.here.net.license_table()
    return {row.license: row.free for row in table.licenses}


async def test_user_oriented_licenses_come_after_the_station_license():
    """Without the station license the tick is refused; with it, it is taken and licensed."""
    async with licensed_system() as someone:
        refused = await someone.assign("100", "voicemail")
        assert (refused.status, "cannot be assigned to 100 yet" in refused.text) == (409, True)
        await someone.assign("100", "ip")
        assert (await someone.assign("100", "ip", "voicemail")).status == 200
        await someone.unlock()
        assert await someone.licensed("100") == {"ip": 1, "voicemail": 1}
        await someone.assign("100")
        await someone.unlock()
        assert await someone.licensed("100") == {}


async def test_each_user_oriented_license_can_be_assigned():
    """All ten have a box on a subscriber's page, become demands, and are licensed."""
    async with licensed_system() as someone:
        page = await someone.open("/local-user-licenses/of/100")
        assert all(LICENSES[key].name in page.text for key in USER_LICENSES)
        await someone.assign("100", "ip", *USER_LICENSES)
        demanded = dict.fromkeys(["ip", *USER_LICENSES], "Unsaved license demand")
        assert await someone.statuses("100") == demanded
        await someone.unlock()
        assert await someone.licensed("100") == dict.fromkeys(demanded, 1)
        assert await someone.licensed("101") == {}


async def _requires_uc_or_groupware(key: str) -> None:
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        refused = await someone.assign("100", "ip", key)
        assert "Groupware User or UC Suite is not assigned" in refused.text
        assert (await someone.assign("100", "ip", "uc-smart", key)).status == 409
        for prerequisite in ("uc-suite", "groupware-user"):
            await someone.assign("100", "ip", prerequisite, key)
            await someone.unlock()
            assert await someone.licensed("100") == {"ip": 1, prerequisite: 1, key: 1}
            await someone.assign("100", "ip")
            await someone.unlock()
            assert await someone.licensed("100") == {"ip": 1}


async def test_fax_requires_uc_user_or_groupware_user():
    """Either will do, without both it is refused, and it goes with its prerequisite."""
    await _requires_uc_or_groupware("fax")


async def test_conference_requires_uc_user_or_groupware_user():
    """Either will do, without both it is refused, and it goes with its prerequisite."""
    await _requires_uc_or_groupware("conference")


async def test_b_some_licenses_require_other_licenses():
    """Voicemail needs the station license alone; myAgent also UC Suite or Groupware User."""
    async with licensed_system() as someone:
        await someone.assign("100", "ip")
        assert (await someone.assign("100", "ip", "voicemail")).status == 200
        assert (await someone.assign("100", "ip", "voicemail", "myagent")).status == 409
        assert (await someone.assign("100", "ip", "uc-suite", "myagent")).status == 200
