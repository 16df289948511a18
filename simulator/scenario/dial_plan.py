"""What is dialed at a node: emergency numbers, and the prefix of an outside line."""

from typing import Annotated

import msgspec
from pydantic import Field

from licensing.catalogue import dialed_in_emergency
from simulator.scenario.values import CallNumber

EmergencyNumbers = Annotated[tuple[CallNumber, ...], Field(min_length=1)]


class DialPlan(msgspec.Struct, frozen=True):
    """Emergency numbers (F5), and the prefix with which they may be dialed, "" for none."""

    emergency_numbers: tuple[str, ...]
    outside_line: str

    @property
    def in_emergency(self) -> frozenset[str]:
        """All that is dialed for an emergency: with the prefix once, twice, or not at all."""
        return dialed_in_emergency(self.emergency_numbers, self.outside_line)
