"""The pages of Local User Licenses: the overview, its print view, and those of one subscriber.

Nothing is decided here; the pages say what a deletion or another type releases before it is done.
"""

from collections.abc import Mapping

from licensing.catalogue import MODELS, SUBSCRIBER_TYPES, SubscriberType, license_name
from licensing.errors import LicensingError
from licensing.wall_time import utc_of
from nodes.system import CommunicationSystem
from nodes.wbm import overview
from nodes.wbm.asked import Asked, PageFacts, ShownPage
from nodes.wbm.form import seats_text
from nodes.wbm.overview import OverviewLine
from runtime.host import Host


class SubscriberPages:
    """The pages by their path."""

    def __init__(self, host: Host, system: CommunicationSystem) -> None:
        self._host = host
        self._system = system
        self.by_path: Mapping[str, ShownPage] = {
            "/local-user-licenses": ("local_user_licenses.html", self._overview),
            "/local-user-licenses/print": ("print.html", self._print),
            "/local-user-licenses/add": ("add_subscriber.html", self._add),
            "/local-user-licenses/of/{holder}": ("subscriber.html", self._subscriber),
            "/local-user-licenses/of/{holder}/type": ("retype_subscriber.html", self._retype),
            "/local-user-licenses/of/{holder}/delete": ("delete_subscriber.html", self._delete),
        }

    async def _overview(self, asked: Asked) -> PageFacts:
        rows = (await self._system.licenses()).rows
        lines = overview.subscriber_lines(self._system.equipment, rows)
        find, only = asked.query.get("find", "").strip()[:40], "invalid" in asked.query
        page, invalid = asked.query.get("page", "")[:6], overview.invalid_cells(rows)
        return {
            "excerpt": overview.excerpt(lines, find, page, invalid_only=only),
            "user_licenses": overview.USER_LICENSES,
            "invalid": invalid,
            "reasons": overview.reasons(invalid),
            "unsaved": overview.is_unsaved(rows),
            "find": find,
            "only": only,
        }

    async def _print(self, _: Asked) -> PageFacts:
        rows = (await self._system.licenses()).rows
        return {
            "lines": overview.subscriber_lines(self._system.equipment, rows),
            "trunks": overview.trunk_lines(self._system.equipment, rows),
            "user_licenses": overview.USER_LICENSES,
            "invalid": overview.invalid_cells(rows),
            "at": utc_of(self._host.clock.wall_ns()),
        }

    async def _subscriber(self, asked: Asked) -> PageFacts:
        lines, place = await self._lines_and_place(asked.holder)
        return {
            "line": lines[place],
            "deleted": asked.holder not in self._types(),
            "seen": seats_text(lines[place].ticked),
            "needing": [row.name for row in overview.USER_LICENSES if len(row.requires) > 1],
            "before": lines[place - 1].holder if place else "",
            "after": lines[place + 1].holder if place + 1 < len(lines) else "",
        }

    async def _add(self, _: Asked) -> PageFacts:
        return {"types": self._possible_types()}

    async def _retype(self, asked: Asked) -> PageFacts:
        line = await self._present(asked.holder)
        present = SUBSCRIBER_TYPES[self._types()[asked.holder]]
        return {
            "line": line,
            "present": present,
            "types": self._possible_types(),
            "released": _released(line),
        }

    async def _delete(self, asked: Asked) -> PageFacts:
        line = await self._present(asked.holder)
        equipment = self._system.equipment
        others = [number for number in self._types() if number != asked.holder]
        leaves_attendant = equipment.attendant == asked.holder
        return {
            "line": line,
            "released": _released(line),
            "attendant_next": others[0] if leaves_attendant and others else "",
        }

    async def _present(self, number: str) -> OverviewLine:
        """A subscriber that is there; raises `subscriber-unknown` for a deleted one, too."""
        if number not in self._types():
            raise LicensingError("subscriber-unknown", number=number[:40])
        lines, place = await self._lines_and_place(number)
        return lines[place]

    async def _lines_and_place(self, number: str) -> tuple[list[OverviewLine], int]:
        rows = (await self._system.licenses()).rows
        lines = overview.subscriber_lines(self._system.equipment, rows)
        place = next((i for i, line in enumerate(lines) if line.holder == number), None)
        if place is None:
            raise LicensingError("subscriber-unknown", number=number[:40])
        return lines, place

    def _types(self) -> dict[str, str]:
        return {each.number: each.type for each in self._system.equipment.subscribers}

    def _possible_types(self) -> list[SubscriberType]:
        lacks = MODELS[self._system.equipment.model].lacks_subscriber_types
        return [row for key, row in SUBSCRIBER_TYPES.items() if key not in lacks]


def _released(line: OverviewLine) -> list[str]:
    """Names of what a subscriber would give up: what is licensed, and what is demanded."""
    return [license_name(key) for key, cell in line.cells.items() if cell.granted or cell.quantity]
