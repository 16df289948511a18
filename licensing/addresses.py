"""Addresses as people enter them: IPv4, IPv6 and host names, with a port or without. Pure.

IPv6 stands in brackets where a port follows, `[::1]:61740`; without a port it need not, `::1`.
"""

import ipaddress
import re
from functools import lru_cache

from licensing.errors import LicensingError

_LABEL = r"[A-Za-z0-9_-]{1,63}"
_NAME = re.compile(rf"({_LABEL}(?:\.{_LABEL})*\.?)(?::([0-9]{{1,5}}))?")
_DIGITS = "[0-9A-Fa-f:.]"
_IPV6 = re.compile(rf"\[({_DIGITS}+)\](?::([0-9]{{1,5}}))?|({_DIGITS}*:{_DIGITS}*:{_DIGITS}*)")
_NUMBERS = re.compile(r"[0-9.]+")
_LONGEST_NAME = 253
_HIGHEST_PORT = 65_535
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def parse_address(text: str, default_port: int) -> str:
    """Whom to dial: `host[:port]` as `host:port`, IPv6 in brackets; raises `request-malformed`.

    Nobody answers at an address of all or of many computers, or of none.
    """
    host, port = _split(text.strip())
    address = ip_address(host)
    if address is None and (not _is_name(host) or _NUMBERS.fullmatch(host)):
        raise _malformed(text, "is not host[:port]")
    if address is not None and (address.is_unspecified or _is_of_many(address)):
        raise _malformed(text, "is the address of no single computer")
    if not 1 <= int(port or default_port) <= _HIGHEST_PORT:
        raise _malformed(text, "is not host[:port]")
    return with_port(host if address is None else str(address), int(port or default_port))


def require_dialed_address(setting: str, address: str) -> None:
    """Raise `ValueError`, which names the setting, for what `parse_address` refuses; "" is none.

    Settings are judged when they are read, not when somebody is dialed for the first time.
    """
    try:
        if address:
            parse_address(address, _HIGHEST_PORT)
    except LicensingError as error:
        raise ValueError(f"{setting}: {error.details['reason']}") from error


def with_port(host: str, port: int) -> str:
    """A host name or an IP address, and a port; IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_port(address: str) -> str:
    """The host name or IP address of `host:port`, without brackets."""
    return address.rpartition(":")[0].removeprefix("[").removesuffix("]")


def ip_address(host: str) -> IpAddress | None:
    """An IP address as such, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def require_listening_address(address: str) -> None:
    """Raise `ValueError` where nobody can reach a program that listens there.

    "" and the unspecified addresses are all of the host's own.
    """
    found = ip_address(address)
    if found is not None and _is_of_many(found):
        raise ValueError(f"address: {address} is of no single computer: nobody could reach it")
    if found is None and address and (not _is_name(address) or _NUMBERS.fullmatch(address)):
        raise ValueError(f"address: {address[:60]!r} is neither an IP address nor a host name")


def _split(text: str) -> tuple[str, str | None]:
    if found := _IPV6.fullmatch(text):
        host = found[1] or found[3]
        return (host, found[2]) if ip_address(host) else ("", None)
    named = _NAME.fullmatch(text)
    return (named[1], named[2]) if named else ("", None)


def _is_name(host: str) -> bool:
    named = _NAME.fullmatch(host)
    return 1 <= len(host) <= _LONGEST_NAME and named is not None and named[2] is None


def _is_of_many(address: IpAddress) -> bool:
    return address.is_multicast or address == _BROADCAST


def _malformed(text: str, what: str) -> LicensingError:
    return LicensingError("request-malformed", reason=f"{text[:60]!r} {what}")
