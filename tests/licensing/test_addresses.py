"""Addresses that a person enters: IPv4, IPv6 and host names."""

import pytest

from licensing.addresses import parse_address, require_listening_address, without_port
from licensing.errors import LicensingError

PORT = 61_740

NO_ADDRESSES = [
    *("", " ", ":1", "a:", "a:0", "a:65536", "a:x", "a b", "a..b", ".", "a/b", "http://a", "\x00"),
    *("a" * 64, ".".join(["a" * 63] * 4), "\N{ROMAN NUMERAL ONE}", "1:\u0661", "a\n.b"),
    *("10.0.0.300", "10.1", "[::1", "::1]:1", "[10.0.0.1]x", "[::1]:0", "[::1]:x", "1:2:3", ":::"),
    *("fe80::1%eth0", "[hq]:1", "[]:1"),
]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1:61740"),
        (" hq:99 ", "hq:99"),
        ("cls.example.com", "cls.example.com:61740"),
        ("cla_1.example.com.:65535", "cla_1.example.com.:65535"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example:61740"),
        ("::1", "[::1]:61740"),
        ("[::1]", "[::1]:61740"),
        ("[::1]:99", "[::1]:99"),
        ("2001:DB8:0:0::7", "[2001:db8::7]:61740"),
        ("[2001:db8::7]:65535", "[2001:db8::7]:65535"),
        ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:61740"),
    ],
)
def test_an_address_is_a_host_and_perhaps_a_port(text: str, address: str) -> None:
    """Blanks around it are nobody's mistake; the port has a default; it is written in one way."""
    found = parse_address(text, PORT)
    assert found in (address, address.replace("10.0.0.1]", "a00:1]"))
    assert parse_address(found, PORT) == found
    assert without_port(found) in found


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_cannot_be_dialed_is_no_address(text: str) -> None:
    """It is refused when it is entered; otherwise dialing would fail for ever, and elsewhere."""
    with pytest.raises(LicensingError, match=r"is not host\[:port\]"):
        parse_address(text, PORT)


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "224.0.0.1", "[ff02::1]:1", "255.255.255.255:1"])
def test_an_address_of_no_single_computer_is_refused(text: str) -> None:
    """Nobody answers there."""
    with pytest.raises(LicensingError, match="address of no single computer"):
        parse_address(text, PORT)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "127.0.0.1", "::1", "hq.example.com"])
def test_a_program_may_listen_where_somebody_reaches_it(address: str) -> None:
    """At all addresses, at one of the host's own, or at a name."""
    require_listening_address(address)


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "ff02::1", "10.1", "a b"])
def test_a_program_listens_nowhere_else(address: str) -> None:
    """Linux lets a program listen at a multicast address, at which no connection can arrive."""
    with pytest.raises(ValueError, match="address: "):
        require_listening_address(address)
