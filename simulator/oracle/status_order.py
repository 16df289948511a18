"""Which license status may follow which, and for what cause (F1, F3, F4, F10, F14)."""

from collections.abc import Mapping
from typing import Final

from licensing.words import NodeState, Trigger

_S = NodeState
_NEXT: Final[Mapping[NodeState, frozenset[NodeState]]] = {
    _S.ACTIVATION_PERIOD: frozenset({_S.REGULAR, _S.RESTRICTED}),
    _S.REGULAR: frozenset({_S.FAILOVER, _S.EMERGENCY}),
    _S.FAILOVER: frozenset({_S.REGULAR, _S.EMERGENCY}),
    _S.EMERGENCY: frozenset({_S.REGULAR}),
    _S.RESTRICTED: frozenset({_S.REGULAR}),
}
"""Damage is stated as a fact of its own."""

_AFTER_LEAVING: Final = (_S.ACTIVATION_PERIOD, _S.RESTRICTED)
"""A node that leaves an internetwork begins anew, from whatever status."""

_FILE_MAY_END: Final = (_S.REGULAR, _S.FAILOVER)
"""Of which nothing but that makes `restricted`: it would be a way around emergency mode."""


def begins_anew(after: NodeState, cause: str) -> bool:
    """Whether a node that comes into status `after` has left its internetwork."""
    return cause == Trigger.LEFT and after in _AFTER_LEAVING


def may_follow(before: NodeState, after: NodeState, cause: str) -> bool:
    """Whether a node in status `before` may be in `after` next, for a `cause` that it states."""
    file_ended = cause == Trigger.FILE_ENDED and before in _FILE_MAY_END and after is _S.RESTRICTED
    return file_ended or begins_anew(after, cause) or after in _NEXT[before]


def following(before: NodeState) -> str:
    """In words, what may follow `before` whatever else is said of the cause."""
    return " or ".join(sorted(_NEXT[before]))
