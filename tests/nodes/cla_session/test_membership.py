"""Addresses that a person enters."""

import pytest

from licensing.errors import LicensingError
from licensing.words import Role
from nodes.cla_session.membership import central_cla, parse_address

NO_ADDRESSES = [
    *("", " ", ":1", "a:", "a:0", "a:65536", "a:x", "a b", "a..b", ".", "a/b", "http://a", "\x00"),
    *("[::1]:1", "a" * 64, ".".join(["a" * 63] * 4), "\N{ROMAN NUMERAL ONE}", "1:\u0661", "a\n.b"),
]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1:61740"),
        (" hq:99 ", "hq:99"),
        ("cls.example.com", "cls.example.com:61740"),
        ("cla_1.example.com.:65535", "cla_1.example.com.:65535"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example:61740"),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(text, address):
    """Blanks around it are nobody's mistake; the port has a default."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_cannot_be_dialed_is_no_address(text):
    """It is refused when it is entered; otherwise dialing would fail for ever, and elsewhere."""
    with pytest.raises(LicensingError, match=r"is not host\[:port\]"):
        parse_address(text)


OURS = "10.0.0.1:61740"


@pytest.mark.parametrize(
    ("role", "entered", "own", "outcome"),
    [
        (Role.MASTER, "", OURS, OURS),
        (Role.MASTER, " 10.0.0.1 ", OURS, OURS),
        (Role.STANDALONE, "", OURS, OURS),
        (Role.STANDALONE, "", "", ""),
        (Role.SLAVE, "10.0.0.2", OURS, "10.0.0.2:61740"),
        (Role.SLAVE, "10.0.0.2", "", "10.0.0.2:61740"),
        (Role.MASTER, "10.0.0.2", OURS, "master-address-foreign"),
        (Role.STANDALONE, "10.0.0.2", OURS, "master-address-foreign"),
        (Role.STANDALONE, "10.0.0.2", "", "master-address-foreign"),
        (Role.MASTER, "", "", "agent-missing"),
        (Role.SLAVE, "", OURS, "master-address-missing"),
        (Role.SLAVE, "10.0.0.1", OURS, "master-address-missing"),
        (Role.MASTER, "http://x", OURS, "request-malformed"),
    ],
)
def test_only_a_slave_uses_the_cla_of_another_host(role, entered, own, outcome):
    """A master without the CLA that its slaves are to use would never license anybody."""
    try:
        found = central_cla(role, entered, own)
    except LicensingError as error:
        found = error.code
    assert found == outcome
