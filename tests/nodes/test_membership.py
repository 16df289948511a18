"""Addresses that a person enters."""

import pytest

from licensing.errors import LicensingError
from nodes.membership import parse_address

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
