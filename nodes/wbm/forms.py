"""The forms of the WBM: the right that each needs, and the operation of the node behind it.

A form's `submit` answers the notice that a person sees afterwards. Rules are the application
layer's.
"""

from licensing.errors import LicensingError
from licensing.messages import (
    SYSTEM_HOLDER,
    Activated,
    Enrol,
    LoadLicenseFile,
    RefusedSeat,
    Registration,
    Seat,
)
from licensing.words import Role, counted
from nodes.administration import ActivateOnline, LicenseServerAddress, Ticks, Unlocked, Wizard
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.telephony.equipment import TrunkLine
from nodes.wbm.form import WbmForm, seats_of
from nodes.wbm.subscriber_forms import SUBSCRIBER_FORMS
from nodes.wbm.words import why
from runtime.http import Nothing
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

WIZARD_PATH = "/network-wizard"


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


async def _wizard(system: CommunicationSystem, entries: Entries) -> Notice:
    role = entries.one("role")
    if role not in (Role.MASTER, Role.SLAVE):
        raise LicensingError("request-malformed", reason="neither master nor slave was chosen")
    return await _run_wizard(system, Role(role), entries.one("master_address"))


async def _leave(system: CommunicationSystem, _: Entries) -> Notice:
    return await _run_wizard(system, Role.STANDALONE, "")


async def _run_wizard(system: CommunicationSystem, role: Role, address: str) -> Notice:
    done = await system.wizard(Wizard(role=role, master_address=address))
    member = system.licensing.membership
    if not done.changed:
        effect = "Nothing was changed: role and master are as before."
    elif member.role is Role.STANDALONE:
        effect = "This node has left the internetwork and is standalone."
    else:
        effect = (
            f"This node is now {member.role.value}; the central CLA is at {member.master_address}."
        )
    return Notice(f"{effect} {done.advice}".strip(), warning=bool(done.advice))


async def _enrol(system: CommunicationSystem, entries: Entries) -> Notice:
    node = entries.one("node").strip()
    await system.activation.enrol(Enrol(node=node, public_key=entries.one("public_key").strip()))
    return Notice(f"{node} is known to the central CLA.")


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
    WbmForm(WIZARD_PATH, WIZARD_PATH, Right.NETWORK, _wizard),
    WbmForm("/network-wizard/enrol", WIZARD_PATH, Right.NETWORK, _enrol),
    WbmForm(
        "/network-wizard/leave", "/network-wizard/leave", Right.NETWORK, _leave, after=WIZARD_PATH
    ),
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
