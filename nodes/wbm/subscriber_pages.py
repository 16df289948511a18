"""The pages of Local User Licenses: the overview, its print view, and those of one subscriber.

Nothing is decided here; the pages say what a deletion or another type releases before it is done.
"""

from collections.abc import Mapping

from licensing.catalogue import MODELS, SUBSCRIBER_TYPES, SubscriberType, license_name
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.wall_time import utc_of
from nodes.system import CommunicationSystem
from nodes.telephony.number_ranges import written
from nodes.wbm import overview
from nodes.wbm.asked import Asked, PageFacts, ShownPage
from nodes.wbm.check_and_unlock import scope_of
from nodes.wbm.form import seats_text
from nodes.wbm.overview import OverviewLine
from nodes.wbm.overview_filter import SHOWN, Filter, filter_of
from runtime.host import Host


class SubscriberPages:
    """The pages by their path."""

    def __init__(self, host: Host, system: CommunicationSystem) -> None:
        self._host = host
        self._system = system
        self.by_path: Mapping[str, ShownPage] = {
            "/local-user-licenses": ("local_user_licenses.html", self._overview),
            "/local-user-licenses/print": ("print.html", self._print),
            "/local-user-licenses/assign": ("assign_several.html", self._several),
            "/local-user-licenses/add": ("add_subscriber.html", self._add),
            "/local-user-licenses/of/{holder}": ("subscriber.html", self._subscriber),
            "/local-user-licenses/of/{holder}/type": ("retype_subscriber.html", self._retype),
            "/local-user-licenses/of/{holder}/delete": ("delete_subscriber.html", self._delete),
        }

    async def _overview(self, asked: Asked) -> PageFacts:
        assignments, equipment = self._system.assignments, self._system.equipment
        sought = filter_of(asked)
        found = list(sought.found(equipment, assignments))
        excerpt = overview.excerpt_of(found, asked.query.get("page", "")[:6])
        rows = assignments.overview(excerpt.lines)
        kinds = {number: SUBSCRIBER_TYPES[key].name for number, key in self._types().items()}
        undecided = assignments.undecided()
        invalid = overview.invalid_cells(undecided)
        return {
            "excerpt": excerpt,
            "lines": overview.lines_of(excerpt.lines, kinds, rows),
            "user_licenses": overview.USER_LICENSES,
            "invalid": invalid,
            "reasons": overview.reasons(invalid),
            "sought": sought,
            "filtered": any(sought),
            "shown": SHOWN,
            "types": [row for key, row in SUBSCRIBER_TYPES.items() if key in self._types_in_use()],
            "scope": scope_of(undecided, await self._system.free_licenses()),
        }

    async def _several(self, asked: Asked) -> PageFacts:
        """For those that were ticked, or for all that the overview has found."""
        types = self._types()
        numbers = asked.all("number")
        if "found" in asked.query:
            sought = filter_of(asked)
            numbers = list(sought.found(self._system.equipment, self._system.assignments))
        stations = dict.fromkeys(SUBSCRIBER_TYPES[key].station_license for key in types.values())
        return {
            "numbers": written(numbers, types),
            "stations": stations,
            "user_licenses": overview.USER_LICENSES,
            "free": await self._system.free_licenses(),
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
        line, before, after = self._line_between(asked.holder)
        free = await self._system.free_licenses()
        return {
            "line": line,
            "deleted": asked.holder not in self._types(),
            "seen": seats_text(line.ticked),
            "needing": [row.name for row in overview.USER_LICENSES if len(row.requires) > 1],
            "before": before,
            "after": after,
            "free": free,
            "scope": scope_of(self._system.assignments.undecided(), free),
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
            raise LicensingError("subscriber-unknown", number=number[:LONGEST_QUOTE])
        return self._line_between(number)[0]

    def _line_between(self, number: str) -> tuple[OverviewLine, str, str]:
        """The line of a subscriber, and the numbers before and after it, "" at the ends."""
        assignments, types = self._system.assignments, self._types()
        numbers = list(Filter().found(self._system.equipment, assignments))
        if number not in numbers:
            raise LicensingError("subscriber-unknown", number=number[:LONGEST_QUOTE])
        place, rows = numbers.index(number), assignments.overview([number])
        kinds = {number: SUBSCRIBER_TYPES[types[number]].name} if number in types else {}
        (line,) = overview.lines_of([number], kinds, rows)
        around = ["", *numbers, ""]
        return line, around[place], around[place + 2]

    def _types_in_use(self) -> set[str]:
        return set(self._types().values())

    def _types(self) -> dict[str, str]:
        return {each.number: each.type for each in self._system.equipment.subscribers}

    def _possible_types(self) -> list[SubscriberType]:
        lacks = MODELS[self._system.equipment.model].lacks_subscriber_types
        return [row for key, row in SUBSCRIBER_TYPES.items() if key not in lacks]


def _released(line: OverviewLine) -> list[str]:
    """Names of what a subscriber would give up: what is licensed, and what is demanded."""
    return [license_name(key) for key, cell in line.cells.items() if cell.granted or cell.quantity]
