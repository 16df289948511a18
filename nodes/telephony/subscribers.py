"""Subscribers that are added, deleted, or become another type (manual 4.3.2).

Pure: a change of a node's equipment, or a refusal. What it does to licenses is `assignment`'s.
"""

import msgspec

from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.records import Record
from nodes.telephony.equipment import Equipment, Subscriber


class Subscribers(Record):
    """The subscribers of a node in their order, and the call number of the attendant."""

    subscribers: list[Subscriber]
    attendant: str


def subscribers_of(equipment: Equipment) -> Subscribers:
    """What of `equipment` a technician can change, to be shown and to be stored."""
    return Subscribers(subscribers=equipment.subscribers, attendant=equipment.attendant)


def restored(installed: Equipment, stored: Subscribers | None) -> Equipment:
    """The installation with the stored subscribers; raises `equipment-unfitting`."""
    if stored is None:
        return installed
    try:
        return msgspec.structs.replace(
            installed, subscribers=stored.subscribers, attendant=stored.attendant
        )
    except ValueError as error:
        raise LicensingError("equipment-unfitting", reason=str(error)) from error


def type_of(equipment: Equipment, number: str) -> str:
    """The subscriber type of a call number; raises `subscriber-unknown`."""
    for subscriber in equipment.subscribers:
        if subscriber.number == number:
            return subscriber.type
    raise LicensingError("subscriber-unknown", number=number[:LONGEST_QUOTE])


def added(equipment: Equipment, new: Subscriber) -> Equipment:
    """With another subscriber, the last in the list; raises `subscriber-refused`."""
    return _with(equipment, new.number, [*equipment.subscribers, new])


def deleted(equipment: Equipment, number: str) -> Equipment:
    """Without a subscriber; raises `subscriber-unknown`.

    Where it was the attendant, the first of the others is the attendant from now on.
    """
    type_of(equipment, number)
    rest = [subscriber for subscriber in equipment.subscribers if subscriber.number != number]
    attendant = "" if equipment.attendant == number else equipment.attendant
    return msgspec.structs.replace(equipment, subscribers=rest, attendant=attendant)


def retyped(equipment: Equipment, changed: Subscriber) -> Equipment:
    """With another type of an old number; raises `subscriber-unknown`, `subscriber-refused`."""
    type_of(equipment, changed.number)
    subscribers = [
        changed if subscriber.number == changed.number else subscriber
        for subscriber in equipment.subscribers
    ]
    return _with(equipment, changed.number, subscribers)


def _with(equipment: Equipment, number: str, subscribers: list[Subscriber]) -> Equipment:
    try:
        return msgspec.structs.replace(equipment, subscribers=subscribers)
    except ValueError as error:
        raise LicensingError(
            "subscriber-refused", number=number[:LONGEST_QUOTE], reason=str(error), field="number"
        ) from error
