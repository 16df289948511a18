"""What each page of the WBM shows, as the application layer tells it; nothing is decided here."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from licensing.catalogue import LICENSES, SUBSCRIBER_TYPES, LicenseKind
from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.words import NodeState, Role
from nodes.failover import ACTIVATION_PERIOD_NS
from nodes.profiles import RIGHTS
from nodes.system import CommunicationSystem
from nodes.wbm import overview
from nodes.wbm.forms import seats_text
from runtime.host import Host

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Asked(NamedTuple):
    """What a page is asked for: the call number of its address, and the query."""

    holder: str
    query: Mapping[str, str]


Facts = Mapping[str, object]
Shown = Callable[[Asked], Awaitable[Facts]]


class Pages:
    """All pages by their path; each has a template and facts for it."""

    def __init__(self, host: Host, system: CommunicationSystem) -> None:
        self._host = host
        self._system = system
        self._equipment = system.settings.equipment
        self.by_path: dict[str, tuple[str, Shown]] = {
            "/": ("home.html", self._home),
            "/license-information": ("license_information.html", self._license_information),
            "/local-user-licenses": ("local_user_licenses.html", self._local_user_licenses),
            "/local-user-licenses/print": ("print.html", self._print),
            "/local-user-licenses/of/{holder}": ("subscriber.html", self._subscriber),
            "/line-licenses": ("line_licenses.html", self._line_licenses),
            "/system-licenses": ("system_licenses.html", self._system_licenses),
            "/activate": ("activate.html", self._activate),
            "/registration": ("registration.html", self._registration),
            "/settings": ("settings.html", self._settings),
            "/network-wizard": ("network_wizard.html", self._network_wizard),
            "/telephones": ("telephones.html", self._telephones),
        }

    async def _home(self, _: Asked) -> Facts:
        rows = (await self._system.licenses()).rows
        displays = (await self._system.displays()).displays
        licensed = {LICENSES[row.license].kind for row in rows if row.granted}
        return {
            "counts": overview.counts(rows),
            "invalid": overview.invalid_cells(rows),
            "displays": displays,
            "messages": sum(1 for text in displays.values() if text),
            "subscribers": len(self._equipment.subscribers),
            "rest_s": max(0, self._system.licensing.status.rest_ns // NS_PER_SECOND),
            "period_s": self._period_s(),
            "users_licensed": LicenseKind.STATION in licensed,
            "lines_licensed": LicenseKind.TRUNK in licensed,
            "system_licensed": LicenseKind.SYSTEM in licensed,
        }

    def _period_s(self) -> int:
        """How long the running period is in all."""
        if self._system.licensing.status.state is NodeState.ACTIVATION_PERIOD:
            return ACTIVATION_PERIOD_NS // NS_PER_SECOND
        return self._system.licensing.information().failover_period_s

    async def _license_information(self, _: Asked) -> Facts:
        table = None
        if self._system.licensing.membership.role is Role.MASTER:
            table = await self._system.activation.license_table()
        rows = (await self._system.licenses()).rows
        return {
            "information": await self._system.information(),
            "table": table,
            "nodes": overview.nodes_of(table, self._host.name) if table else [],
            "used": list(overview.by_license(rows)),
        }

    async def _local_user_licenses(self, asked: Asked) -> Facts:
        rows = (await self._system.licenses()).rows
        lines = overview.subscriber_lines(self._equipment, rows)
        find, only = asked.query.get("find", "").strip()[:40], "invalid" in asked.query
        page = asked.query.get("page", "")[:6]
        return {
            "excerpt": overview.excerpt(lines, find, page, invalid_only=only),
            "user_licenses": overview.USER_LICENSES,
            "invalid": overview.invalid_cells(rows),
            "reasons": overview.reasons(rows),
            "unsaved": overview.is_unsaved(rows),
            "find": find,
            "only": only,
        }

    async def _print(self, _: Asked) -> Facts:
        rows = (await self._system.licenses()).rows
        return {
            "lines": overview.subscriber_lines(self._equipment, rows),
            "trunks": overview.trunk_lines(self._equipment, rows),
            "user_licenses": overview.USER_LICENSES,
            "invalid": overview.invalid_cells(rows),
            "at": _EPOCH + timedelta(microseconds=self._host.clock.wall_ns() // 1000),
        }

    async def _subscriber(self, asked: Asked) -> Facts:
        rows = (await self._system.licenses()).rows
        lines = overview.subscriber_lines(self._equipment, rows)
        number = asked.holder
        place = next((i for i, line in enumerate(lines) if line.holder == number), None)
        if place is None:
            raise LicensingError("subscriber-unknown", number=number[:40])
        return {
            "line": lines[place],
            "seen": seats_text(lines[place].ticked),
            "before": lines[place - 1].holder if place else "",
            "after": lines[place + 1].holder if place + 1 < len(lines) else "",
        }

    async def _line_licenses(self, _: Asked) -> Facts:
        rows = (await self._system.licenses()).rows
        trunks = overview.trunk_lines(self._equipment, rows)
        seen = {
            row.holder: seats_text({row.license: row.quantity} if row.quantity else {})
            for _, row in trunks
        }
        unsaved = overview.is_unsaved(row for _, row in trunks)
        return {"trunks": trunks, "seen": seen, "unsaved": unsaved}

    async def _system_licenses(self, _: Asked) -> Facts:
        cells = overview.system_cells((await self._system.licenses()).rows)
        ticked = {cell.license: cell.quantity for cell in cells if cell.quantity}
        unsaved = overview.is_unsaved(cells)
        return {"cells": cells, "seen": seats_text(ticked), "unsaved": unsaved}

    async def _activate(self, _: Asked) -> Facts:
        return {
            "registration": self._system.activation.registration,
            "master_page": "",
        }

    async def _registration(self, _: Asked) -> Facts:
        return {"registration": self._system.activation.registration}

    async def _settings(self, _: Asked) -> Facts:
        return {"license_server": self._system.activation.license_server, "rights": RIGHTS}

    async def _network_wizard(self, _: Asked) -> Facts:
        return {"public_key": self._system.licensing.public_key}

    async def _telephones(self, _: Asked) -> Facts:
        subscribers = self._equipment.subscribers
        kinds = {each.number: SUBSCRIBER_TYPES[each.type].name for each in subscribers}
        displays = (await self._system.displays()).displays
        without = len(subscribers) - len(displays)
        return {"displays": displays, "kinds": kinds, "without": without}
