"""Locking IDs as a scenario writes them."""

from typing import Annotated

from licensing.errors import LicensingError
from licensing.identifiers import parse_locking_id
from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import Reads, text


def read_locking_id(value: object) -> str:
    """A Locking ID or Advanced Locking ID; raises `Refused`."""
    try:
        return parse_locking_id(text(value))
    except LicensingError as error:
        raise Refused(f"{error.message} {error.hint}") from None


def is_locking_id(word: str) -> bool:
    """Whether `word` is a Locking ID, and not a node's name."""
    try:
        parse_locking_id(word)
    except LicensingError:
        return False
    return True


LockingId = Annotated[str, Reads(read_locking_id, {"type": "string"})]
"""A Locking ID or Advanced Locking ID."""
