"""The forms of the WBM: the right that each needs, and the operation of the node behind it.

A form's `submit` answers the notice that a person sees afterwards. Rules are the application
layer's.
"""

from licensing.errors import LicensingError
from licensing.messages import (
    SYSTEM_HOLDER,
    Activated,
    LoadLicenseFile,
    RefusedSeat,
    Registration,
    Seat,
)
from licensing.words import counted
from nodes.administration import ActivateOnline, LicenseServerAddress, Ticks, Unlocked
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.telephony.equipment import TrunkLine
from nodes.wbm.form import WbmForm, seats_of
from nodes.wbm.network_forms import NETWORK_FORMS
from nodes.wbm.subscriber_forms import SUBSCRIBER_FORMS
from nodes.wbm.words import why
from runtime.http import Nothing
from runtime.pages.entries import Entries
from runtime.pages.site import Notice


async def _unlock(system: CommunicationSystem, _: Entries) -> Notice:
    return told(await system.unlock(Nothing()))


async def _lines(system: CommunicationSystem, entries: Entries) -> Notice:
    changed = [ticks for trunk in system.equipment.trunks if (ticks := _changed(trunk, entries))]
    for ticks in changed:
        await system.tick_exactly(ticks)
    if not changed:
        return Notice("Nothing was changed.")
    names = ", ".join(ticks.holder for ticks in changed)
    return Notice(f"{names}: saved. The licenses change with check and unlock.")


def _changed(trunk: TrunkLine, entries: Entries) -> Ticks | None:
    """What was entered for a trunk, where it is not what was ticked before."""
    quantity = entries.one(f"quantity-{trunk.name}").strip() or "0"
    if not (quantity.isascii() and quantity.isdecimal()):
        reason = f"{quantity[:20]!r} is no number of channels"
        raise LicensingError("request-malformed", reason=reason)
    wanted = {trunk.kind.value: int(quantity)} if int(quantity) else {}
    seen = seats_of(entries.one(f"seen-{trunk.name}"))
    return None if wanted == seen else Ticks(holder=trunk.name, wanted=wanted, seen=seen)


async def _system_licenses(system: CommunicationSystem, entries: Entries) -> Notice:
    wanted = dict.fromkeys(entries.all("license"), 1)
    seen = seats_of(entries.one("seen"))
    await system.tick_exactly(Ticks(holder=SYSTEM_HOLDER, wanted=wanted, seen=seen))
    if wanted == seen:
        return Notice("Nothing was changed.")
    return Notice("Saved. The licenses change with check and unlock.")


async def _online(system: CommunicationSystem, entries: Entries) -> Notice:
    activated = await system.activation.activate(ActivateOnline(lac=entries.one("lac")))
    return _activated(activated)


async def _file(system: CommunicationSystem, entries: Entries) -> Notice:
    texts = [text for _, text in entries.uploads if text] or entries.all("license_file")
    if not texts:
        raise LicensingError("license-file-invalid", reason="no file was chosen")
    file = LoadLicenseFile(license_file=texts[0])
    return _activated(await system.activation.load_license_file(file))


async def _relicense(system: CommunicationSystem, _: Entries) -> Notice:
    return _activated(await system.activation.relicense(Nothing()))


async def _registration(system: CommunicationSystem, entries: Entries) -> Notice:
    data = Registration(company=entries.one("company"), contact=entries.one("contact"))
    if data == system.activation.registration:
        return Notice("The registration data were the same before.")
    await system.activation.register(data)
    return Notice("The registration data are saved.")


async def _license_server(system: CommunicationSystem, entries: Entries) -> Notice:
    before = system.activation.license_server
    change = LicenseServerAddress(address=entries.one("address"))
    await system.activation.change_license_server(change)
    after = system.activation.license_server
    if after == before:
        return Notice(f"The license server's address is {after or 'unknown'}, as before.")
    return Notice(f"The license server's address is now {after or 'unknown'}.")


WBM_FORMS = (
    *SUBSCRIBER_FORMS,
    WbmForm("/local-user-licenses", "/local-user-licenses", Right.ASSIGN, _unlock),
    WbmForm("/line-licenses", "/line-licenses", Right.ASSIGN, _lines),
    WbmForm("/line-licenses/unlock", "/line-licenses", Right.ASSIGN, _unlock),
    WbmForm("/system-licenses", "/system-licenses", Right.ASSIGN, _system_licenses),
    WbmForm("/system-licenses/unlock", "/system-licenses", Right.ASSIGN, _unlock),
    WbmForm("/activate", "/activate", Right.ACTIVATE, _online),
    WbmForm("/activate/file", "/activate", Right.ACTIVATE, _file),
    WbmForm("/activate/relicense", "/activate", Right.ACTIVATE, _relicense),
    WbmForm("/registration", "/registration", Right.ACTIVATE, _registration),
    WbmForm("/settings", "/settings", Right.LICENSE_SERVER, _license_server),
    *NETWORK_FORMS,
)


def told(unlocked: Unlocked) -> Notice:
    """What check and unlock did."""
    if not unlocked.answered:
        return Notice(
            "The central CLA cannot be reached: releases take effect, "
            "demands stay unsaved until it is back.",
            warning=True,
        )
    if not unlocked.granted and not unlocked.refused:
        return Notice("Checked: there was nothing to unlock.")
    words = [f"Checked and unlocked: {_licenses(unlocked.granted)} granted"]
    if unlocked.refused:
        reasons = dict.fromkeys(map(why, unlocked.refused))
        words.append(f"{_licenses(unlocked.refused)} refused ({'; '.join(reasons)})")
    return Notice(", ".join(words) + ".", warning=bool(unlocked.refused))


def _licenses(seats: list[Seat] | list[RefusedSeat]) -> str:
    return counted(sum(seat.quantity for seat in seats), "license")


def _activated(activated: Activated) -> Notice:
    name = f"License file {activated.serial}, epoch {activated.epoch}"
    if activated.repeated:
        return Notice(f"{name}, was activated before; nothing has changed.")
    return Notice(f"{name}, is activated.")
