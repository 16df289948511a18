"""The licenses, subscriber types and models that exist: data, each in one table (domain.md 2).

Whoever needs to know what a license requires, which station license a subscriber type takes or
what a model lacks asks these tables; no other place repeats them.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar


class LicenseKind(StrEnum):
    """How a license is assigned (manual 4.3.2)."""

    STATION = "station license"
    USER = "user-oriented license"
    TRUNK = "trunk license"
    SYSTEM = "system license"


class TrunkKind(StrEnum):
    """Trunks that need licenses, one for each channel or simultaneous call (manual 4.3.2)."""

    S2M = "s2m"
    ITSP = "itsp"


@dataclass(frozen=True, slots=True)
class License:
    """One line of the price list.

    `requires` lists prerequisites that must all be met; each is a set of licenses of which the same
    subscriber must hold one.
    """

    key: str
    name: str
    kind: LicenseKind
    requires: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriberType:
    """A kind of station, the station license it takes, and whether it is a system telephone."""

    key: str
    name: str
    station_license: str
    system_telephone: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A communication system that can be bought; `lacks` names ports that it has not."""

    key: str
    name: str
    lacks_subscriber_types: frozenset[str] = frozenset()
    lacks_trunk_kinds: frozenset[TrunkKind] = frozenset()


STATION_LICENSES = ("ip", "tdm", "mobile", "desk-sharing")
STOOD_IN_FOR = ("tdm", "mobile", "desk-sharing")
STANDS_IN = "ip"
"""With flexible licensing IP licenses stand in for these, one way, where their own are used up."""

_ANY_STATION = frozenset(STATION_LICENSES)
_UC_OR_GROUPWARE = frozenset({"uc-suite", "groupware-user"})


def _station(key: str, name: str) -> License:
    return License(key, name, LicenseKind.STATION)


def _user(key: str, name: str, *further: frozenset[str]) -> License:
    return License(key, name, LicenseKind.USER, (_ANY_STATION, *further))


def _system(key: str, name: str) -> License:
    return License(key, name, LicenseKind.SYSTEM)


Row = TypeVar("Row", License, SubscriberType, Model)


def _by_key(*rows: Row) -> Mapping[str, Row]:
    return MappingProxyType({row.key: row for row in rows})


LICENSES: Mapping[str, License] = _by_key(
    _system("base", "Base License"),
    _system("networking", "Networking"),
    _station("ip", "IP User"),
    _station("tdm", "TDM User"),
    _station("mobile", "Mobile User"),
    _station("desk-sharing", "DeskSharing User"),
    _user("voicemail", "Voicemail"),
    _user("uc-smart", "UC Smart"),
    _user("groupware-user", "Groupware User"),
    _user("uc-suite", "UC Suite"),
    _user("fax", "Fax", _UC_OR_GROUPWARE),
    _user("conference", "Conference", _UC_OR_GROUPWARE),
    _user("myattendant", "myAttendant", _UC_OR_GROUPWARE),
    _user("myagent", "myAgent", _UC_OR_GROUPWARE),
    _user("application-launcher", "Application Launcher", _UC_OR_GROUPWARE),
    _user("tapi", "TAPI 120/170"),
    License("s2m", "S2M Channel", LicenseKind.TRUNK),
    License("itsp", "ITSP Channel", LicenseKind.TRUNK),
    _system("company-autoattendant", "Company AutoAttendant"),
    _system("gate-view", "Gate View"),
    _system("open-directory-connector", "Open Directory Connector"),
    _system("contact-center-email", "Contact Center E-mail"),
    _system("contact-center-fax", "Contact Center Fax"),
    _system("myreports", "myReports"),
    _system("attendant", "OpenScape Business Attendant"),
)

SUBSCRIBER_TYPES: Mapping[str, SubscriberType] = _by_key(
    SubscriberType("ip-hfa", "IP system telephone (HFA)", "ip", system_telephone=True),
    SubscriberType("ip-sip", "IP system telephone (SIP)", "ip", system_telephone=True),
    SubscriberType("sip", "SIP telephone", "ip"),
    SubscriberType("up0", "UP0 system telephone", "tdm", system_telephone=True),
    SubscriberType("isdn", "ISDN telephone", "tdm"),
    SubscriberType("analog", "analog telephone", "tdm"),
    SubscriberType("dect", "DECT telephone", "tdm"),
    SubscriberType("mobile", "mobile station", "mobile"),
    SubscriberType("desk-sharing", "DeskSharing station", "desk-sharing"),
)

MODELS: Mapping[str, Model] = _by_key(
    Model("X1", "OpenScape Business X1"),
    Model("X3", "OpenScape Business X3"),
    Model("X5", "OpenScape Business X5"),
    Model("X8", "OpenScape Business X8"),
    Model(
        "S",
        "OpenScape Business S",
        frozenset({"up0", "isdn", "analog", "dect"}),
        frozenset({TrunkKind.S2M}),
    ),
)

EMERGENCY_NUMBERS = ("110", "112")
"""Numbers that must always get out, whatever the licenses say (F5), where no others are set."""

FAILOVER_MESSAGE = "Failover Period"
"""What the displays of the system telephones show during failover, to the letter (manual 4.4)."""


def dialed_in_emergency(numbers: Iterable[str], outside_line: str) -> frozenset[str]:
    """All that is dialed for an emergency: with the prefix of an outside line once, twice, or not.

    `outside_line` is "" where there is none.
    """
    return frozenset(outside_line * times + number for number in numbers for times in range(3))


def license_name(key: str) -> str:
    """What people call the license; a key that is no license stands for itself."""
    return LICENSES[key].name if key in LICENSES else key


def prerequisites_met(license_key: str, held: AbstractSet[str]) -> bool:
    """Whether a subscriber who holds `held` may be given `license_key` (manual 4.3.2, domain 2)."""
    return not any(map(held.isdisjoint, LICENSES[license_key].requires))


def charged(
    used: Mapping[str, int], bought: Mapping[str, int], *, flexible: bool
) -> Mapping[str, int]:
    """How many seats of each bought license are taken, where `used` are in use (domain 2).

    With flexible licensing what is used beyond a type's own licenses is charged to the IP licenses.
    Nobody exceeds what was bought as long as no license is charged more than was bought of it.
    """
    if not flexible:
        return used
    beyond = {key: max(0, used.get(key, 0) - bought.get(key, 0)) for key in STOOD_IN_FOR}
    own = {key: count - beyond.get(key, 0) for key, count in used.items()}
    return own | {STANDS_IN: used.get(STANDS_IN, 0) + sum(beyond.values())}


def in_order_of_prerequisites(keys: Collection[str]) -> list[str]:
    """`keys` so that every license comes after those that it requires; the price list's order."""
    return [key for key in LICENSES if key in keys]
