import pytest

from licensing.catalogue import (
    LICENSES,
    MODELS,
    STATION_LICENSES,
    SUBSCRIBER_TYPES,
    LicenseKind,
    TrunkKind,
    in_order_of_prerequisites,
    prerequisites_met,
)


def test_prerequisites_name_licenses_that_stand_earlier_in_the_table():
    """So the table's order is an order of prerequisites, without a circle."""
    keys = list(LICENSES)
    for row in LICENSES.values():
        for one_of in row.requires:
            assert all(keys.index(required) < keys.index(row.key) for required in one_of)


def test_user_oriented_licenses_need_a_station_license():
    """Manual 4.3.2: each only after a station license; station licenses need nothing."""
    for row in LICENSES.values():
        needs_station = frozenset(STATION_LICENSES) in row.requires
        assert needs_station == (row.kind is LicenseKind.USER)
    stations = [row.key for row in LICENSES.values() if row.kind is LicenseKind.STATION]
    assert stations == list(STATION_LICENSES)


def test_every_subscriber_type_takes_a_station_license():
    """Manual 4.3.2 and domain 2; the system telephones are those of F1."""
    assert {row.station_license for row in SUBSCRIBER_TYPES.values()} == set(STATION_LICENSES)
    telephones = [key for key, row in SUBSCRIBER_TYPES.items() if row.system_telephone]
    assert telephones == ["ip-hfa", "ip-sip", "up0"]


def test_a_softswitch_has_no_tdm_ports():
    """Domain 2: S has no UP0, ISDN, analog, DECT or S2M; hardware has all."""
    softswitch = MODELS["S"]
    assert softswitch.lacks_subscriber_types == {"up0", "isdn", "analog", "dect"}
    assert softswitch.lacks_trunk_kinds == {TrunkKind.S2M}
    hardware = [row for row in MODELS.values() if row is not softswitch]
    assert not any(row.lacks_subscriber_types or row.lacks_trunk_kinds for row in hardware)


def test_every_trunk_kind_has_its_license():
    """The trunk's kind is the key of the license that its channels need."""
    trunks = [row.key for row in LICENSES.values() if row.kind is LicenseKind.TRUNK]
    assert trunks == [kind.value for kind in TrunkKind]


@pytest.mark.parametrize("key", ["fax", "conference", "myattendant"])
def test_fax_and_its_like_need_uc_suite_or_groupware_besides_the_station(key):
    """Manual 4.3.2: one UC User or Groupware User license."""
    assert prerequisites_met(key, {"ip", "uc-suite"})
    assert prerequisites_met(key, {"tdm", "groupware-user"})
    assert not prerequisites_met(key, {"ip"})
    assert not prerequisites_met(key, {"uc-suite"})


def test_keys_are_sorted_so_that_prerequisites_come_first():
    """Whatever order they were ticked in."""
    assert in_order_of_prerequisites(["fax", "uc-suite", "ip"]) == ["ip", "uc-suite", "fax"]
