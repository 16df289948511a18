"""What the telephones of a node show (F1): it follows from the state, nothing is remembered."""

from collections.abc import Mapping

from licensing.catalogue import FAILOVER_MESSAGE, SUBSCRIBER_TYPES
from licensing.words import NodeState
from nodes.telephony.equipment import Equipment

IDLE = ""
"""The idle display."""


def displays(equipment: Equipment, state: NodeState) -> dict[str, str]:
    """The display of every system telephone, by call number; other subscribers have none (F1)."""
    text = FAILOVER_MESSAGE if state is NodeState.FAILOVER else IDLE
    return {
        subscriber.number: text
        for subscriber in equipment.subscribers
        if SUBSCRIBER_TYPES[subscriber.type].system_telephone
    }


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The displays of `after` that are not as in `before`; a telephone new in `after` was idle."""
    return {number: text for number, text in after.items() if text != before.get(number, IDLE)}
