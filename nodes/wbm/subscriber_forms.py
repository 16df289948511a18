"""The forms of one subscriber: what is assigned, another type, coming and going (manual 4.3.2)."""

from collections.abc import Container

from licensing.catalogue import LICENSES, SUBSCRIBER_TYPES, license_name
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.words import counted
from nodes.administration import DeleteSubscriber, Ticks, TicksOfHolders
from nodes.assignment.choices import STATION, Manner, choice_of, ticked_by, without_orphans
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.telephony.equipment import Subscriber
from nodes.telephony.number_ranges import numbers_in
from nodes.telephony.subscribers import type_of
from nodes.wbm.check_and_unlock import unlock, unlock_form
from nodes.wbm.form import WbmForm, seats_of
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

OVERVIEW = "/local-user-licenses"
ONE = OVERVIEW + "/of/{holder}"
SEVERAL = OVERVIEW + "/assign"
AS_ANOTHER = "as"
"""The manner in which subscribers get what another one has."""


async def _assign(system: CommunicationSystem, entries: Entries) -> Notice:
    holder = entries.one("holder")
    left, seen = set(entries.all("license")), seats_of(entries.one("seen"))
    wanted = without_orphans(left, seen.keys())
    await system.tick_exactly(Ticks(holder=holder, wanted=dict(wanted), seen=seen))
    if wanted == seen:
        return Notice(f"{holder}: nothing was changed.")
    gone = ", ".join(license_name(key) for key in seen if key in left - wanted.keys())
    too = f", without what needs what was taken off: {gone}" if gone else ""
    return Notice(f"{holder}: saved{too}. The licenses change with check and unlock.")


async def _assign_several(system: CommunicationSystem, entries: Entries) -> Notice:
    decisions, numbers = _decisions(system, entries)
    unlocks = entries.one("then") == "unlock"
    if unlocks:
        system.require_answered()  # what is refused, saves nothing either
    await system.tick_each_exactly(TicksOfHolders(holders=decisions))
    saved = f"{counted(len(decisions), 'subscriber')} saved."
    if not decisions:
        saved = f"{counted(numbers, 'subscriber')}: nothing was changed."
    if not unlocks:
        return Notice(f"{saved} The licenses change with check and unlock.")
    unlocked = await unlock(system, OVERVIEW)
    return unlocked._replace(text=f"{saved} {unlocked.text}")


def _decisions(system: CommunicationSystem, entries: Entries) -> tuple[list[Ticks], int]:
    """What is to be changed of the subscribers that were chosen, and how many these are."""
    types = {each.number: each.type for each in system.equipment.subscribers}
    numbers = numbers_in(entries.one("numbers"), types)
    if not numbers:
        raise LicensingError("request-malformed", reason="no call number", field="numbers")
    manner, choice = _choice(system, entries, types)
    decisions = []
    for number in numbers:
        ticked = system.assignments.ticked(number)
        station = SUBSCRIBER_TYPES[types[number]].station_license
        wanted = ticked_by(manner, choice, ticked.keys(), station)
        if wanted != ticked:
            decisions.append(Ticks(holder=number, wanted=dict(wanted), seen=ticked))
    return decisions, len(numbers)


def _choice(
    system: CommunicationSystem, entries: Entries, known: Container[str]
) -> tuple[Manner, set[str]]:
    """What shall happen, and to what; raises `request-malformed`, `subscriber-unknown`."""
    manner, model = entries.one("manner"), entries.one("model").strip()
    if manner == AS_ANOTHER:
        if not model:
            raise LicensingError("request-malformed", reason="no call number", field="model")
        if model not in known:
            raise LicensingError("subscriber-unknown", number=model[:LONGEST_QUOTE], field="model")
        return Manner.EXACTLY, choice_of(system.assignments.ticked(model))
    chosen = set(entries.all("license"))
    if manner not in list(Manner):
        raise LicensingError("request-malformed", reason="nothing was chosen", field="manner")
    if not chosen and manner != Manner.EXACTLY:
        raise LicensingError("request-malformed", reason="no license was ticked", field="license")
    if unknown := chosen - {STATION, *LICENSES}:
        reason = f"there is no license {min(unknown)[:LONGEST_QUOTE]}"
        raise LicensingError("request-malformed", reason=reason, field="license")
    return Manner(manner), chosen


async def _add(system: CommunicationSystem, entries: Entries) -> Notice:
    new = Subscriber(number=entries.one("number").strip(), type=_known_type(entries))
    await system.add_subscriber(new)
    return Notice(f"{new.number} is added. Now assign its licenses.")


async def _retype(system: CommunicationSystem, entries: Entries) -> Notice:
    changed = Subscriber(number=entries.one("holder"), type=_known_type(entries))
    before = SUBSCRIBER_TYPES[type_of(system.equipment, changed.number)]
    after = SUBSCRIBER_TYPES[changed.type]
    await system.retype_subscriber(changed)
    if before is after:
        return Notice(
            f"{changed.number} is of the type {after.name}, as before: nothing was changed."
        )
    if before.station_license == after.station_license:
        return Notice(f"{changed.number} is now of the type {after.name}; its licenses stay.")
    return Notice(f"{changed.number} is now of the type {after.name}; its licenses are released.")


async def _delete(system: CommunicationSystem, entries: Entries) -> Notice:
    number = entries.one("holder")
    await system.delete_subscriber(DeleteSubscriber(number=number))
    return Notice(f"{number} is deleted; its licenses are released.")


def _known_type(entries: Entries) -> str:
    key = entries.one("type")
    if key not in SUBSCRIBER_TYPES:
        raise LicensingError("request-malformed", reason="no subscriber type was chosen")
    return key


SUBSCRIBER_FORMS = (
    WbmForm(ONE, ONE, Right.ASSIGN, _assign),
    unlock_form(ONE),
    WbmForm(SEVERAL, SEVERAL, Right.ASSIGN, _assign_several, after=OVERVIEW),
    WbmForm(
        OVERVIEW + "/add", OVERVIEW + "/add", Right.SUBSCRIBERS, _add, after=ONE, field="number"
    ),
    WbmForm(ONE + "/type", ONE + "/type", Right.SUBSCRIBERS, _retype, after=ONE),
    WbmForm(ONE + "/delete", ONE + "/delete", Right.SUBSCRIBERS, _delete, after=OVERVIEW),
)
