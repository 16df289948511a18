"""What is to be done about what a technician sees: the table `Ways out` of docs/operating.md.

Pure: from what is seen, the steps of the scenario language; `tests/simulator/explore` compares the
codes with those of the document.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from licensing.words import NodeState, Role, Trigger
from simulator.explore.draws.course import REGISTERED_TO, activation, wizard

Written = dict[str, Any]
"""A step as a file says it, without its instant."""


class Sight(msgspec.Struct, frozen=True):
    """A node at a glance: role and state, what led to it, and why it is not connected.

    Role and state are "" where its program does not answer; `refusal` says why then.
    """

    node: str
    role: str
    state: str
    cause: str
    refusal: str


NEW_KEY = frozenset(
    {
        *("node-unknown", "signature-invalid", "node-key-differs", "clone-suspected"),
        *("lease-invalid", "master-key-differs"),
    }
)
"""Refusals that the Network Wizard ends: one of the two does not know the other's key."""

COMES_BY_ITSELF = frozenset(
    {"agent-clock-set-back", "agent-clock-wrong", "demands-excessive", "state-unreachable"}
)
"""What has been mended already: the clock is right again, there is room on the disk."""


def ways_out(
    sights: Sequence[Sight], order: str, *, relicensing_required: bool, number: int
) -> list[Written] | None:
    """What is to be done, the master's first, each step once; [] is to wait once more.

    None where there is nothing to do, or nothing that is named. The first sight is the master's;
    `order` is what it was activated with, and `number` makes new names.
    """
    done: list[Written] = []
    master, named = sights[0].node, relicensing_required
    unlicensed = sum(sight.refusal == "no-networking-license" for sight in sights)
    at = _Place(master, order, number, len(sights) - 1, unlicensed)
    if relicensing_required:
        done += [{"relicense": {"node": master}}, {"unlock": "all"}]
    for sight in sights:
        steps = _way_out(sight, at)
        named |= steps is not None
        done += [step for step in steps or () if step not in done]
    return done if named else None


class _Place(msgspec.Struct, frozen=True):
    """Where it is done: the master, its first order, and a number for new names.

    It has so many `slaves`, of which some are `unlicensed`: no networking license was left.
    """

    master: str
    order: str
    number: int
    slaves: int
    unlicensed: int = 1


def _way_out(sight: Sight, at: _Place) -> list[Written] | None:
    """Of one node; None where it is regular, or nothing is named."""
    if sight.refusal in COMES_BY_ITSELF:
        return []
    reasons = sight.refusal, sight.role, sight.cause, sight.state
    way = next((_WAYS[reason] for reason in reasons if reason in _WAYS), None)
    return way(sight.node, at) if way else None


def _everything(at: _Place) -> dict[str, str]:
    """For each slave to be licensed, and two telephones at each site of six."""
    stations = str(max(12, 2 * at.slaves))
    return {
        "base": "1",
        "networking": str(max(6, at.slaves)),
        **dict.fromkeys(("ip", "tdm", "voicemail", "itsp"), stations),
    }


def _order(at: _Place, licenses: dict[str, str]) -> Written:
    return {"purchase": {f"REPAIR-{at.number}": {"licenses": licenses}}}


def _ordered(at: _Place, licenses: dict[str, str]) -> list[Written]:
    activate = activation(at.master, f"REPAIR-{at.number}")
    return [_order(at, licenses), {"activate": activate}]


def _loaded(at: _Place, order: str) -> list[Written]:
    """The newest file of the present Locking ID is carried to the master."""
    file = f"newest-{at.number}"
    what = {"lac": order, "for": at.master, "registration": REGISTERED_TO, "as": file}
    return [{"issue": what}, {"upload_license_file": {"node": at.master, "file": file}}]


def _moved(at: _Place) -> list[Written]:
    file = f"repair-{at.number}"
    return [
        {"rehost": {"from": at.master, "for": at.master, "as": file}},
        {"upload_license_file": {"node": at.master, "file": file}},
    ]


def _switched_on(node: str, _: _Place) -> list[Written]:
    return [{"start": node}]


def _joined_anew(node: str, at: _Place) -> list[Written]:
    return [{"wizard": wizard(node, at.master)}, {"unlock": node}]


def _file_moved(_: str, at: _Place) -> list[Written]:
    return [*_moved(at), {"wizard": wizard(at.master, at.master)}]


def _activated_again(_: str, at: _Place) -> list[Written]:
    return [{"activate": activation(at.master, at.order)}, {"unlock": "all"}]


def _networking_ordered(_: str, at: _Place) -> list[Written]:
    return _ordered(at, {"networking": str(at.unlicensed)})


def _ordered_anew(_: str, at: _Place) -> list[Written]:
    return [*_ordered(at, _everything(at)), {"unlock": "all"}]


def _relicensed(_: str, at: _Place) -> list[Written]:
    return [{"relicense": {"node": at.master}}, {"unlock": "all"}]


OF_REFUSALS: Mapping[str, Callable[[str, _Place], list[Written]]] = {
    "connection-failed": _switched_on,
    "locking-id-changed": _file_moved,
    **dict.fromkeys(NEW_KEY, _joined_anew),
    "agent-outdated": _activated_again,
    "no-networking-license": _networking_ordered,
    **dict.fromkeys(("not-activated", "license-file-ended"), _ordered_anew),
}
"""Ways out of what a node is refused for, by the code."""

_WAYS: Mapping[str, Callable[[str, _Place], list[Written]]] = {
    **OF_REFUSALS,
    Role.STANDALONE: _joined_anew,
    Trigger.STATE_DAMAGED: _joined_anew,
    NodeState.RESTRICTED: _ordered_anew,
    NodeState.ACTIVATION_PERIOD: _activated_again,
    NodeState.EMERGENCY: _relicensed,
}
"""By what is seen, the first that counts: refusal, role, cause, state."""

_NEWEST_IS_THERE = frozenset(
    {"agent-key-unproven", "license-file-outdated", "locking-id-in-use", "license-file-given-up"}
)
"""The license server has a newer file than the one that was meant, for this Locking ID."""

_NOTHING_LEFT = frozenset({"license-file-ended", "license-file-invalid", "base-license-missing"})
"""All that was bought has ended, maybe only by the date of the master: a new order is due."""


def after_refusal(
    code: str, step: Written, order: str, *, sites: Sequence[str], number: int
) -> list[Written]:
    """What a refusal of a step of the technician's own asks for; [] where nothing is named.

    The first of the `sites` is the master's.
    """
    master = sites[0]
    at = _Place(master, order, number, len(sites) - 1)
    if code == "agent-key-foreign":
        return [{"release_key": master}, step]
    if code in ("locking-id-changed", "lac-used"):
        return [*_moved(at), step]
    if code in _NOTHING_LEFT and step.keys() & {"rehost", "issue", "upload_license_file"}:
        return [_order(at, _everything(at)), *_loaded(at, f"REPAIR-{number}")]
    if code in _NOTHING_LEFT:
        return [*_ordered(at, _everything(at)), step]
    if code in _NEWEST_IS_THERE:
        return [*_loaded(at, step.get("activate", {}).get("lac", order)), step]
    return []
