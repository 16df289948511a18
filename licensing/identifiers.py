"""License authorization codes and Locking IDs: how they are written, checked and derived."""

import hashlib
import re
from collections.abc import Mapping

from licensing.errors import LONGEST_QUOTE, LicensingError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
# A prime beyond the alphabet: one wrong character, or two swapped neighbours, changes the rest.
_CHECK_MODULUS = 37
_LAC_PAYLOAD = 19
_LAC_GROUP = 5
_READ_AS = str.maketrans("ILO", "110")
_ADVANCED = "ALI-"
_LOCKING_ID = re.compile(r"[0-9A-F]{2}(-[0-9A-F]{2}){5}|ALI(-[0-9A-Z]{4}){5}")

ADVANCED_LOCKING_ID_INPUTS = (
    "host name",
    "IP address",
    "default gateway",
    "DNS server",
    "time zone",
)
"""Configuration values from which an Advanced Locking ID is derived by default (domain.md 1)."""


def make_lac(chance: bytes) -> str:
    """A LAC such as `7Q2MX-...` from at least 12 bytes of chance, with its check character last."""
    number = int.from_bytes(chance[:12], "big")
    # Five of the 37 check values have no character of the alphabet: such payloads are not used.
    while (check := _check_value(payload := _payload(number))) >= len(_ALPHABET):
        number += 1
    return _grouped(payload + _ALPHABET[check])


def parse_lac(text: str) -> str:
    """`text` as a person typed it, in canonical form; raises `lac-mistyped`."""
    characters = re.sub(r"[\s-]", "", text.upper()).translate(_READ_AS)
    payload, check = characters[:-1], characters[-1:]
    well_formed = len(payload) == _LAC_PAYLOAD and all(char in _ALPHABET for char in characters)
    if not well_formed or _check_value(payload) != _ALPHABET.index(check):
        raise LicensingError("lac-mistyped", lac=text[:LONGEST_QUOTE])
    return _grouped(characters)


def parse_locking_id(text: str) -> str:
    """A Locking ID (`00-1A-E8-4C-00-01`) or Advanced Locking ID; raises `locking-id-malformed`."""
    locking_id = text.strip().upper()
    if not _LOCKING_ID.fullmatch(locking_id):
        raise LicensingError("locking-id-malformed", locking_id=text[:LONGEST_QUOTE])
    return locking_id


def is_advanced(locking_id: str) -> bool:
    """Whether it is an Advanced Locking ID, which follows from a configuration that may change."""
    return locking_id.startswith(_ADVANCED)


def advanced_locking_id(configuration: Mapping[str, str]) -> str:
    """The identity of an S in a virtual environment; changing one of the values changes it."""
    lines = "\n".join(f"{name}={configuration[name]}" for name in sorted(configuration))
    digest = hashlib.sha256(lines.encode()).digest()
    number = int.from_bytes(digest, "big")
    digits = "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(20))
    return _ADVANCED + "-".join(digits[at : at + 4] for at in range(0, 20, 4))


def _payload(number: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(_LAC_PAYLOAD))


def _check_value(payload: str) -> int:
    number = 0
    for char in payload:
        number = number * 32 + _ALPHABET.index(char)
    return number % _CHECK_MODULUS


def _grouped(characters: str) -> str:
    return "-".join(
        characters[at : at + _LAC_GROUP] for at in range(0, len(characters), _LAC_GROUP)
    )
