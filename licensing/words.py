"""Words that several parties say: roles, states, outcomes. Their values are what people read."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import UnsetType

NODE_PROGRAM, CLA_PROGRAM, CLS_PROGRAM = "node", "cla", "cls"
"""What the programs call themselves."""

OUTSIDE = "outside"
"""The source of a call that comes in over a trunk."""


class Role(StrEnum):
    """What the Network Wizard made of a node (manual 4.4); `STANDALONE` before it ran."""

    STANDALONE = "standalone"
    MASTER = "master"
    SLAVE = "slave"


class NodeState(StrEnum):
    """License status of a node (manual 4.4; F1, F4, F10)."""

    ACTIVATION_PERIOD = "activation-period"
    REGULAR = "regular"
    FAILOVER = "failover"
    EMERGENCY = "emergency"
    RESTRICTED = "restricted"


ON_A_LEASE = (NodeState.REGULAR, NodeState.FAILOVER)
"""What is licensed has an effect, by a lease."""

OUT_OF_USE = (NodeState.EMERGENCY, NodeState.RESTRICTED)
"""No license has an effect (F5, F10)."""


class Trigger(StrEnum):
    """What can happen to a node's license status; the values are the causes that people read."""

    LEASED = "lease of the central CLA"
    LEASED_ANEW = "lease of a newer epoch"
    LOST = "connection to the central CLA lost"
    PERIOD_ENDED = "failover period ended"
    RELICENSING_REQUIRED = "the central CLA requires relicensing"
    ACTIVATION_PERIOD_ENDED = "activation period ended"
    FILE_ENDED = "license file ended"
    STATE_DAMAGED = "stored state missing or damaged"
    LEFT = "left the internetwork"


class LicenseState(StrEnum):
    """The seven states of the license overview (manual 4.3.2)."""

    NOT_CONFIGURABLE = "not configurable"
    CONFIGURABLE = "configurable"
    UNSAVED_DEMAND = "unsaved demand"
    LICENSED = "licensed"
    NOT_LICENSED = "not licensed"
    UNSAVED_RELEASE = "unsaved release"
    UNSAVED_DEMAND_RELEASE = "unsaved demand release"


class ExpiryScope(StrEnum):
    """Whom the end of a node's failover period concerns (F6), by the license file."""

    NODE = "node"
    INTERNETWORK = "internetwork"


SaidScope: TypeAlias = ExpiryScope | UnsetType
"""As an order or a license file says it; unset is the node alone."""


class Profile(StrEnum):
    """WBM profiles, from the fewest rights to all (manual 4.3.1)."""

    BASIC = "Basic"
    ADVANCED = "Advanced"
    EXPERT = "Expert"


class CallOutcome(StrEnum):
    """How a call attempt ended (F5)."""

    CONNECTED = "connected"
    REFUSED = "refused"
    NO_ROUTE = "no route"


class DemandState(StrEnum):
    """What became of the newest check and unlock that the central CLA has not decided (F8).

    `UNSENT`: the CLA could not be reached, somebody has to check and unlock again; `WAITING`: sent,
    and not answered yet.
    """

    NONE = "none"
    UNSENT = "unsent"
    WAITING = "waiting"


class Condition(StrEnum):
    """What a session is worth to a welcomed node."""

    LICENSED = "licensed"
    NOT_ACTIVATED = "not-activated"
    RELICENSING_REQUIRED = "relicensing-required"


class CountedState(StrEnum):
    """What the central CLA counts of an enrolled node, as far as it can see (F6, F9, F16)."""

    NOT_SEEN = "not-seen"
    UNLICENSED = "unlicensed"
    REGULAR = "regular"
    FAILOVER = "failover"
    EMERGENCY = "emergency"
    FORGOTTEN = "forgotten"


def counted(number: int, noun: str) -> str:
    """`1 license`, `2 licenses`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
