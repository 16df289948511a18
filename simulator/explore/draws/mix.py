"""The mix: what can be drawn, how often, and which part of it a run draws from."""

from collections.abc import Callable, Mapping
from random import Random  # noqa: TID251 - a stream of the run's seed, made elsewhere

import msgspec

from simulator.explore.draws.course import RunCourse
from simulator.explore.draws.host_faults import HOST_FAULTS
from simulator.explore.draws.license_work import LICENSE_WORK
from simulator.explore.draws.network_faults import NETWORK_FAULTS
from simulator.explore.draws.system_work import SYSTEM_WORK


class DrawnKind(msgspec.Struct, frozen=True):
    """Something that is drawn `weight` times as often as another of weight 1.

    What `ends` another kind is in a run exactly where that is.
    """

    weight: int
    draw: Callable[[RunCourse], None]
    ends: tuple[str, ...] = ()


_DRAWS = {**NETWORK_FAULTS, **HOST_FAULTS, **LICENSE_WORK, **SYSTEM_WORK}

_WEIGHTS: Mapping[str, int] = {
    "cut": 6,
    "cut_one_way": 3,
    "drop": 3,
    "refuse": 2,
    "reset": 2,
    "heal": 10,
    "fail": 4,
    "repair": 4,
    "latency": 1,
    "loss": 2,
    "bandwidth": 1,
    "crash": 4,
    "start": 6,
    "freeze": 3,
    "thaw": 5,
    "clock": 3,
    "replace_hardware": 1,
    "disk": 2,
    "disk freed": 4,
    "disk lost": 1,
    "disk restored": 2,
    "unlock": 4,
    "assign": 5,
    "unassign": 5,
    "activate": 2,
    "purchase": 2,
    "relicense": 2,
    "relicensing_request": 2,
    "relicense_by_file": 2,
    "issue": 1,
    "upload_license_file": 2,
    "combine": 1,
    "rehost": 2,
    "release_key": 1,
    "add_subscriber": 2,
    "delete_subscriber": 1,
    "retype_subscriber": 1,
    "wizard": 2,
    "forget": 2,
    "reconfigure": 1,
    "call": 5,
    "expect": 1,
}

_ENDS: Mapping[str, tuple[str, ...]] = {
    "heal": ("cut", "cut_one_way", "drop", "refuse"),
    "repair": ("fail",),
    "start": ("crash",),
    "thaw": ("freeze",),
    "disk freed": ("disk",),
    "rehost": ("replace_hardware", "reconfigure"),
}

MIX: Mapping[str, DrawnKind] = {
    name: DrawnKind(_WEIGHTS[name], draw, _ENDS.get(name, ())) for name, draw in _DRAWS.items()
}
"""Everything that can be drawn, by its name: that of the step, with a word where it has forms."""

_FEWEST_KINDS = 3


def swarm(dice: Random) -> list[str]:
    """The part of the mix that a run draws from: any kind may be missing."""
    share = dice.choice([0.25, 0.5, 0.8])
    first = [name for name, kind in MIX.items() if not kind.ends]
    chosen = [name for name in first if dice.random() < share]
    chosen = chosen if len(chosen) >= _FEWEST_KINDS else first
    ended = {*chosen}
    chosen += [name for name, kind in MIX.items() if ended & {*kind.ends}]
    return [name for name in MIX if name in chosen]
