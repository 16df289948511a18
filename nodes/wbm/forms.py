"""The forms of the WBM: the right that each needs, and the operation of the node behind it.

A form's `submit` answers the notice that a person sees afterwards. Rules are the application
layer's.
"""

import re

from licensing.errors import LicensingError
from licensing.messages import SYSTEM_HOLDER, Activated, LoadLicenseFile, Registration
from nodes.administration import ActivateOnline, LicenseServerAddress, Ticks, TicksOfHolders
from nodes.profiles import Right
from nodes.system import CommunicationSystem
from nodes.telephony.equipment import TrunkLine
from nodes.wbm.check_and_unlock import unlock_form
from nodes.wbm.form import WbmForm, seats_of
from nodes.wbm.network_forms import NETWORK_FORMS
from nodes.wbm.subscriber_forms import OVERVIEW, SUBSCRIBER_FORMS
from runtime.http import Nothing
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

_QUANTITY = re.compile(r"[0-9]{1,9}")


async def _lines(system: CommunicationSystem, entries: Entries) -> Notice:
    changed = [ticks for trunk in system.equipment.trunks if (ticks := _changed(trunk, entries))]
    await system.tick_each_exactly(TicksOfHolders(holders=changed))
    if not changed:
        return Notice("Nothing was changed.")
    names = ", ".join(ticks.holder for ticks in changed)
    return Notice(f"{names}: saved. The licenses change with check and unlock.")


def _changed(trunk: TrunkLine, entries: Entries) -> Ticks | None:
    """What was entered for a trunk, where it is not what was ticked before."""
    quantity = entries.one(f"quantity-{trunk.name}").strip() or "0"
    if not _QUANTITY.fullmatch(quantity):
        reason = f"{quantity[:20]!r} is no number of channels"
        field = f"quantity-{trunk.name}"
        raise LicensingError("request-malformed", reason=reason, field=field)
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
    *(unlock_form(page) for page in (OVERVIEW, "/line-licenses", "/system-licenses")),
    WbmForm("/line-licenses", "/line-licenses", Right.ASSIGN, _lines),
    WbmForm("/system-licenses", "/system-licenses", Right.ASSIGN, _system_licenses),
    WbmForm("/activate", "/activate", Right.ACTIVATE, _online, field="lac"),
    WbmForm("/activate/file", "/activate", Right.ACTIVATE, _file, field="license_file"),
    WbmForm("/activate/relicense", "/activate", Right.ACTIVATE, _relicense),
    WbmForm("/registration", "/registration", Right.ACTIVATE, _registration),
    WbmForm("/settings", "/settings", Right.LICENSE_SERVER, _license_server, field="address"),
    *NETWORK_FORMS,
)


def _activated(activated: Activated) -> Notice:
    name = f"License file {activated.serial}, epoch {activated.epoch}"
    if activated.repeated:
        return Notice(f"{name}, was activated before; nothing has changed.")
    return Notice(f"{name}, is activated.")
