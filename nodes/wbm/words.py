"""What the WBM's pages say: words and symbols for states, and page addresses by their names."""

from collections.abc import Container, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from licensing.catalogue import LICENSES, STATION_LICENSES, license_name
from licensing.errors import ERRORS, REFUSALS
from licensing.messages import SYSTEM_HOLDER, RefusedSeat
from licensing.words import OUT_OF_USE, CountedState, LicenseState, NodeState, counted
from nodes.assignment.views import AssignmentRow
from nodes.cla_session.free_count import FreeLicenses
from runtime.pages.rendering import instant


class Sign(NamedTuple):
    """A symbol with the tone in which it is shown, and what it means (manual 4.3.2)."""

    symbol: str
    tone: str
    meaning: str


SIGNS: Mapping[LicenseState, Sign] = MappingProxyType(
    {
        LicenseState.LICENSED: Sign("✓", "good", "Successfully licensed"),
        LicenseState.UNSAVED_RELEASE: Sign("−", "open", "Unsaved license release"),  # noqa: RUF001 - a symbol
        LicenseState.NOT_LICENSED: Sign("✕", "bad", "Not licensed"),
        LicenseState.UNSAVED_DEMAND_RELEASE: Sign("↶", "open", "Unsaved license demand release"),
        LicenseState.CONFIGURABLE: Sign("○", "quiet", "License demand configurable"),
        LicenseState.UNSAVED_DEMAND: Sign("+", "open", "Unsaved license demand"),
        LicenseState.NOT_CONFIGURABLE: Sign("·", "quiet", "License demand not configurable"),
    }
)
"""In the manual's order."""


class Status(NamedTuple):
    """A license status in words; `period` is what its running period is called."""

    name: str
    tone: str
    meaning: str
    period: str = ""


STATUS_WORDS: Mapping[NodeState, Status] = MappingProxyType(
    {
        NodeState.REGULAR: Status(
            "Regular", "good", "All licensed features of this node are available."
        ),
        NodeState.FAILOVER: Status(
            "Failover Period",
            "open",
            "The central CLA cannot be reached. All features go on; restore the connection soon.",
            "until emergency mode",
        ),
        NodeState.EMERGENCY: Status(
            "Emergency mode",
            "bad",
            "Emergency calls and calls to the attendant only. The internetwork must be relicensed "
            "at the master.",
        ),
        NodeState.RESTRICTED: Status(
            "Restricted",
            "bad",
            "There is no valid license file: emergency calls and calls to the attendant only.",
        ),
        NodeState.ACTIVATION_PERIOD: Status(
            "Activation period",
            "open",
            "All features are available for a while. Activate the purchased licenses in time.",
            "until restricted",
        ),
    }
)


def is_out_of_use(state: NodeState) -> bool:
    """Whether what is ticked, and a display that is idle, are not what they seem."""
    return state in OUT_OF_USE


COUNTED: Mapping[CountedState, tuple[str, str]] = MappingProxyType(
    {
        CountedState.REGULAR: ("regular", "good"),
        CountedState.FAILOVER: ("in its failover period", "open"),
        CountedState.EMERGENCY: ("its failover period has ended", "bad"),
        CountedState.UNLICENSED: ("without a lease", "open"),
        CountedState.NOT_SEEN: ("not seen yet", "open"),
        CountedState.FORGOTTEN: ("forgotten", "quiet"),
    }
)
"""What the central CLA counts of a node, with its tone."""

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "/": "Home",
        "/license-information": "License information",
        "/local-user-licenses": "Local User Licenses",
        "/line-licenses": "Line licenses",
        "/system-licenses": "System licenses",
        "/activate": "Activate",
        "/registration": "Registration",
        "/settings": "Settings",
        "/network-wizard": "Network Wizard",
        "/nodes": "Nodes",
        "/telephones": "Telephones",
    }
)


TASK_CENTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": ("/",),
        "License Management": (
            "/license-information",
            "/local-user-licenses",
            "/line-licenses",
            "/system-licenses",
            "/activate",
            "/registration",
            "/settings",
            "/network-wizard",
            "/nodes",
        ),
        "Service Center": ("/telephones",),
    }
)
"""The navigation: what belongs together, as in the manual."""


def why(cell: AssignmentRow | RefusedSeat) -> str:
    """Why a license was refused, in words."""
    reason = cell.reason or "too-few-licenses"
    return REFUSALS.get(reason, reason).format(license=license_name(cell.license))


def locking_id_name(locking_id: str) -> str:
    """What the identity is called: that of a virtual system begins with ALI (manual 4.4)."""
    return "Advanced Locking ID" if locking_id.startswith("ALI") else "Locking ID"


def page_of(holder: str) -> str:
    """The page on which the licenses of a holder are assigned."""
    if holder == SYSTEM_HOLDER:
        return "/system-licenses"
    return f"/local-user-licenses/of/{holder}" if holder.isdecimal() else "/line-licenses"


def missing(license_key: str, ticked: Container[str]) -> str:
    """What a license needs beside what is ticked, in words; "" where it needs nothing more."""
    names = []
    for one_of in LICENSES[license_key].requires:
        if not any(key in ticked for key in one_of):
            by_name = " or ".join(license_name(key) for key in sorted(one_of))
            names.append(by_name if one_of.isdisjoint(STATION_LICENSES) else "a station license")
    return " and ".join(names)


def free_of(free: FreeLicenses, license_key: str) -> str:
    """How many licenses are free, in words; none free is another thing than none bought."""
    if free.counted_at is None:
        return ""
    counted = free.licenses.get(license_key)
    if counted is None:
        return "not in the license file"
    standing_in = counted.free - counted.own
    more = f", and {standing_in} IP User may stand in" if standing_in else ""
    if not counted.bought:
        return f"not in the license file{more}"
    return f"{counted.own or 'none'} of {counted.bought} free{more}"


def place(holder: str) -> str:
    """A holder in words: a call number, a trunk's name, or the system itself."""
    return "this system" if holder == SYSTEM_HOLDER else holder


def refused_connection(code: str) -> str:
    """Why the CLA refuses this node's connection, and the way out."""
    hint = ERRORS[code].hint if code in ERRORS else ""
    return f"Refused by the central CLA: {code.replace('-', ' ')}. {hint}".strip()


def span(seconds: int) -> str:
    """29 days 23 h; smaller times in hours and minutes."""
    hours, minutes = divmod(seconds // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{counted(days, 'day')} {hours} h"
    return f"{hours} h {minutes} min"


def until(end: datetime, rest_s: int) -> str:
    """The end of a period as a date, and how far away it is."""
    return f"on {instant(end)} ({span(rest_s)} left)"
