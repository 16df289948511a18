"""The forms of one subscriber: what is assigned, another type, coming and going (manual 4.3.2)."""

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.errors import LicensingError
from nodes.administration import DeleteSubscriber, Ticks
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.telephony.equipment import Subscriber
from nodes.telephony.subscribers import type_of
from nodes.wbm.form import WbmForm, seats_of
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

OVERVIEW = "/local-user-licenses"
ONE = OVERVIEW + "/of/{holder}"


async def _assign(system: CommunicationSystem, entries: Entries) -> Notice:
    holder = entries.one("holder")
    wanted = dict.fromkeys(entries.all("license"), 1)
    seen = seats_of(entries.one("seen"))
    await system.tick_exactly(Ticks(holder=holder, wanted=wanted, seen=seen))
    if wanted == seen:
        return Notice(f"{holder}: nothing was changed.")
    return Notice(f"{holder}: saved. The licenses change with check and unlock.")


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
    WbmForm(OVERVIEW + "/add", OVERVIEW + "/add", Right.SUBSCRIBERS, _add, after=ONE),
    WbmForm(ONE + "/type", ONE + "/type", Right.SUBSCRIBERS, _retype, after=ONE),
    WbmForm(ONE + "/delete", ONE + "/delete", Right.SUBSCRIBERS, _delete, after=OVERVIEW),
)
