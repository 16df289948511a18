"""What each page of the WBM shows, as the application layer tells it; nothing is decided here."""

from collections.abc import Mapping

from licensing.catalogue import LICENSES, SUBSCRIBER_TYPES, LicenseKind
from licensing.entitlements import Entitlement, ending_soon
from licensing.license_table import LicenseTable
from licensing.messages import SYSTEM_HOLDER
from nodes.profiles import RIGHTS
from nodes.system import CommunicationSystem
from nodes.wbm import overview
from nodes.wbm.asked import Asked, PageFacts, ShownPage
from nodes.wbm.check_and_unlock import scope_of
from nodes.wbm.form import seats_text
from nodes.wbm.frame import Frame
from nodes.wbm.network_pages import NetworkPages
from nodes.wbm.subscriber_pages import SubscriberPages
from runtime.host import Host


class Pages:
    """All pages by their path; each has a template and facts for it."""

    def __init__(self, host: Host, system: CommunicationSystem, frame: Frame) -> None:
        self._host = host
        self._system = system
        self._frame = frame
        self.by_path: Mapping[str, ShownPage] = {
            "/": ("home.html", self._home),
            "/license-information": ("license_information.html", self._license_information),
            **SubscriberPages(host, system).by_path,
            "/line-licenses": ("line_licenses.html", self._line_licenses),
            "/system-licenses": ("system_licenses.html", self._system_licenses),
            "/activate": ("activate.html", self._activate),
            "/registration": ("registration.html", self._registration),
            "/settings": ("settings.html", self._settings),
            **NetworkPages(system).by_path,
            "/telephones": ("telephones.html", self._telephones),
        }

    async def _home(self, _: Asked) -> PageFacts:
        rows = (await self._system.licenses()).rows
        displays = (await self._system.displays()).displays
        licensed = {LICENSES[row.license].kind for row in rows if row.granted}
        return {
            "counts": overview.counts(rows),
            "invalid": overview.invalid_cells(rows),
            "displays": displays,
            "messages": sum(1 for text in displays.values() if text),
            "subscribers": len(self._system.equipment.subscribers),
            "users_licensed": LicenseKind.STATION in licensed,
            "lines_licensed": LicenseKind.TRUNK in licensed,
            "system_licensed": LicenseKind.SYSTEM in licensed,
            "ending": self._ending((await self._frame.license_table())[0]),
        }

    def _ending(self, table: LicenseTable | None) -> list[Entitlement]:
        """What of the license file ends soon, where this node may ask the CLA for it."""
        date_ns = self._system.books.status.date_ns
        return ending_soon(table.entitlements, date_ns) if table else []

    async def _license_information(self, _: Asked) -> PageFacts:
        table, silence = await self._frame.license_table()
        rows = (await self._system.licenses()).rows
        information = await self._system.information()
        return {
            "information": information,
            "ends": [entry for entry in information.entitlements if entry.valid_until],
            "ending_here": ending_soon(information.entitlements, self._system.books.status.date_ns),
            "ending": self._ending(table),
            "table": table,
            "silence": silence,
            "used": list(overview.by_license(rows)),
        }

    async def _line_licenses(self, _: Asked) -> PageFacts:
        names = [trunk.name for trunk in self._system.equipment.trunks]
        rows = self._system.assignments.overview(names)
        trunks = overview.trunk_lines(self._system.equipment, rows)
        seen = {
            row.holder: seats_text({row.license: row.quantity} if row.quantity else {})
            for _, row in trunks
        }
        return {"trunks": trunks, "seen": seen, **await self._to_unlock()}

    async def _system_licenses(self, _: Asked) -> PageFacts:
        cells = self._system.assignments.overview([SYSTEM_HOLDER])
        ticked = {cell.license: cell.quantity for cell in cells if cell.quantity}
        return {"cells": cells, "seen": seats_text(ticked), **await self._to_unlock()}

    async def _to_unlock(self) -> PageFacts:
        """What is free, and what check and unlock has to do."""
        free = await self._system.free_licenses()
        return {
            "free": free,
            "scope": scope_of(self._system.assignments.undecided(), free),
        }

    async def _activate(self, _: Asked) -> PageFacts:
        return {
            "registration": self._system.activation.registration,
            "has_agent": self._system.settings.has_agent,
        }

    async def _registration(self, _: Asked) -> PageFacts:
        return {"registration": self._system.activation.registration}

    async def _settings(self, _: Asked) -> PageFacts:
        return {"activation": self._system.activation, "rights": RIGHTS}

    async def _telephones(self, asked: Asked) -> PageFacts:
        subscribers = self._system.equipment.subscribers
        kinds = {each.number: SUBSCRIBER_TYPES[each.type].name for each in subscribers}
        displays = (await self._system.displays()).displays
        find = asked.query.get("find", "").strip()[:40]
        found = [number for number in displays if overview.is_found(find, number, kinds[number])]
        return {
            "excerpt": overview.excerpt_of(found, asked.query.get("page", "")[:6]),
            "find": find,
            "displays": displays,
            "lit": sum(1 for text in displays.values() if text),
            "kinds": kinds,
            "without": len(subscribers) - len(displays),
        }
