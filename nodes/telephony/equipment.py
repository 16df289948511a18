"""What a node consists of: model, subscribers, trunks, attendant, and the neighbors it can call.

These records are a node's settings, as the scenario or the settings file gives them. An equipment
that contradicts itself cannot be made, so nobody behind this module asks again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from licensing.catalogue import (
    EMERGENCY_NUMBERS,
    LICENSES,
    MODELS,
    SUBSCRIBER_TYPES,
    LicenseKind,
    Model,
    TrunkKind,
    dialed_in_emergency,
)
from licensing.messages import SYSTEM_HOLDER, UNCLAIMED
from licensing.node_names import alike
from licensing.records import Record
from licensing.sizes import LONGEST_HOLDER, MOST_SUBSCRIBERS, MOST_TRUNKS

_QUOTED = 20

NEVER_ASSIGNED = frozenset({"base", "networking"})
"""System licenses that no node assigns: one comes with the file, one with joining the master."""


class Subscriber(Record):
    """A call number and the type of its station, a key of `SUBSCRIBER_TYPES`."""

    number: str
    type: str


class TrunkLine(Record):
    """A line to the outside; `channels` are B channels (S2M) or simultaneous calls (ITSP)."""

    name: str
    kind: TrunkKind
    channels: int


class Neighbor(Record):
    """Another node of the internetwork: its network address and its subscribers' call numbers.

    The address is "" where nothing leads there. `bandwidth_bit_s` is that of its access line, 0
    where it is not known.
    """

    address: str
    numbers: list[str]
    bandwidth_bit_s: int = 0


class Equipment(Record):
    """One communication system. `neighbors` is keyed by node name.

    `attendant` is a call number, by default the first subscriber's; `bandwidth_bit_s` is that of
    our own access line, 0 where it is not known. `emergency_numbers` always get out (F5), also with
    the prefix `outside_line` before them, "" for none. Raises `ValueError` that names everything
    wrong at once; msgspec turns it into its `ValidationError` while decoding.
    """

    model: str
    subscribers: list[Subscriber] = msgspec.field(default_factory=list)
    trunks: list[TrunkLine] = msgspec.field(default_factory=list)
    attendant: str = ""
    neighbors: dict[str, Neighbor] = msgspec.field(default_factory=dict)
    bandwidth_bit_s: int = 0
    emergency_numbers: list[str] = msgspec.field(default_factory=lambda: [*EMERGENCY_NUMBERS])
    outside_line: str = ""

    @property
    def dialed_in_emergency(self) -> frozenset[str]:
        """All that is dialed here for an emergency."""
        return dialed_in_emergency(self.emergency_numbers, self.outside_line)

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ValueError("; ".join(problems))
        if not self.attendant and self.subscribers:
            msgspec.structs.force_setattr(self, "attendant", self.subscribers[0].number)


def fitting_licenses(equipment: Equipment) -> dict[str, dict[str, int]]:
    """Which licenses each holder may be assigned, and how many at most (manual 4.3.2).

    Holders in the order of the overview: subscribers, trunks, the system itself; their licenses in
    the price list's.
    """
    user = dict.fromkeys(_of_kind(LicenseKind.USER), 1)
    limits = {
        subscriber.number: {SUBSCRIBER_TYPES[subscriber.type].station_license: 1, **user}
        for subscriber in equipment.subscribers
    }
    for trunk in equipment.trunks:
        limits[trunk.name] = {str(trunk.kind): trunk.channels}
    system = [key for key in _of_kind(LicenseKind.SYSTEM) if key not in NEVER_ASSIGNED]
    return limits | {SYSTEM_HOLDER: dict.fromkeys(system, 1)}


def _of_kind(kind: LicenseKind) -> list[str]:
    return [key for key, row in LICENSES.items() if row.kind is kind]


def _problems(equipment: Equipment) -> Iterator[str]:
    model = MODELS.get(equipment.model)
    if model is None:
        yield f"there is no model {equipment.model!r}; there are {', '.join(MODELS)}"
    yield from _size_problems(equipment)
    for subscriber in equipment.subscribers:
        yield from _subscriber_problems(subscriber, model)
    for trunk in equipment.trunks:
        yield from _trunk_problems(trunk, model)
    yield from _number_problems(equipment)
    yield from _dialing_problems(equipment)
    yield from _name_problems(equipment)


def _size_problems(equipment: Equipment) -> Iterator[str]:
    """What is larger could not be licensed: limits of messages and stores follow from these."""
    subscribers, trunks = len(equipment.subscribers), len(equipment.trunks)
    if subscribers > MOST_SUBSCRIBERS:
        yield f"a node has at most {MOST_SUBSCRIBERS:,} subscribers, not {subscribers:,}"
    if trunks > MOST_TRUNKS:
        yield f"a node has at most {MOST_TRUNKS:,} trunks, not {trunks:,}"
    holders = [
        *(each.number for each in equipment.subscribers),
        *(t.name for t in equipment.trunks),
    ]
    for holder in holders:
        if len(holder) > LONGEST_HOLDER:
            kind = "characters in a call number or a trunk's name"
            yield f"{holder[:_QUOTED]}...: there are at most {LONGEST_HOLDER} {kind}"


def _subscriber_problems(subscriber: Subscriber, model: Model | None) -> Iterator[str]:
    if subscriber.type not in SUBSCRIBER_TYPES:
        known = ", ".join(SUBSCRIBER_TYPES)
        yield f"{subscriber.number}: no subscriber type {subscriber.type!r}; there are {known}"
    elif model and subscriber.type in model.lacks_subscriber_types:
        yield f"{subscriber.number}: model {model.key} has no {subscriber.type} ports"


def _trunk_problems(trunk: TrunkLine, model: Model | None) -> Iterator[str]:
    if model and trunk.kind in model.lacks_trunk_kinds:
        yield f"{trunk.name}: model {model.key} has no {trunk.kind} ports"
    if trunk.channels < 1:
        yield f"{trunk.name}: a trunk has at least one channel, not {trunk.channels}"


def _number_problems(equipment: Equipment) -> Iterator[str]:
    own = [subscriber.number for subscriber in equipment.subscribers]
    others = (neighbor.numbers for neighbor in equipment.neighbors.values())
    numbers = [*own, *chain.from_iterable(others)]
    once = dict.fromkeys(numbers)
    for number in _repeated(numbers) if len(once) < len(numbers) else ():
        yield f"the call number {number} is used more than once"
    emergency = equipment.dialed_in_emergency
    # Each node knows those of all: thousands, which are looked at one by one where one is wrong.
    sound = emergency.isdisjoint(once) and all(once) and _is_dialed("".join(once))
    for number in () if sound else once:
        if number in emergency:
            yield f"the call number {number} is an emergency number"
        elif not _is_dialed(number):
            yield f"the call number {number!r} must consist of digits"
    if equipment.attendant and equipment.attendant not in own:
        yield f"the attendant {equipment.attendant} is not a subscriber of this node"


def _name_problems(equipment: Equipment) -> Iterator[str]:
    """Trunks share the names of license holders with call numbers and the system itself.

    Names of nodes are compared without regard to case.
    """
    names = [trunk.name for trunk in equipment.trunks]
    for name in _repeated(names):
        yield f"the trunk name {name} is used more than once"
    for first, second in alike(equipment.neighbors):
        yield f"the neighbors {first} and {second} differ in capital letters only"
    numbers = {subscriber.number for subscriber in equipment.subscribers}
    for name in dict.fromkeys(names):
        if name in {"", SYSTEM_HOLDER, UNCLAIMED} | numbers:
            yield f"a trunk cannot be called {name!r}"


def _dialing_problems(equipment: Equipment) -> Iterator[str]:
    if not equipment.emergency_numbers:
        yield "there is no emergency number"
    for number in equipment.emergency_numbers:
        if not _is_dialed(number):
            yield f"the emergency number {number!r} must consist of digits"
    if equipment.outside_line and not _is_dialed(equipment.outside_line):
        yield f"the prefix of an outside line {equipment.outside_line!r} must consist of digits"


def _is_dialed(number: str) -> bool:
    return number.isascii() and number.isdecimal()


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
