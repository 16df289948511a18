"""Which licenses suit which subscribers, in the words of the catalogue (domain.md 2)."""

from collections.abc import Iterator

from licensing.catalogue import LICENSES, STATION_LICENSES, SUBSCRIBER_TYPES, LicenseKind
from simulator.scenario.diagnostics import Finding
from simulator.scenario.model import SubscriberGroup
from simulator.scenario.rules.facts import Facts, repeated


def licenses_suit_the_subscribers(facts: Facts) -> Iterator[Finding]:
    """Station licenses match the type, prerequisites stand in the same list."""
    for path, group in facts.groups():
        names = ((key, (*path, "licenses", index)) for index, key in enumerate(group.licenses))
        yield from repeated(names, "the license {!r} is listed twice")
        for index, key in enumerate(group.licenses):
            message = unsuitable(key, group.type) or _unprepared(key, group)
            if message:
                yield Finding((*path, "licenses", index), message)


def unsuitable(license_key: str, subscriber_type: str) -> str | None:
    """Why subscribers of that type can never hold the license."""
    wanted, kind = LICENSES[license_key], SUBSCRIBER_TYPES[subscriber_type]
    if wanted.kind not in (LicenseKind.STATION, LicenseKind.USER):
        return f"{wanted.name} is a {wanted.kind}: it is not assigned to subscribers"
    if wanted.kind is LicenseKind.STATION and license_key != kind.station_license:
        own = kind.station_license
        return f"{wanted.name} is not the station license of {subscriber_type}: that is `{own}`"
    return None


def _unprepared(license_key: str, group: SubscriberGroup) -> str | None:
    """Which prerequisite of the license the group does not list."""
    own = SUBSCRIBER_TYPES[group.type].station_license
    for choices in LICENSES[license_key].requires:
        if not choices & set(group.licenses):
            suitable = [own] if choices == set(STATION_LICENSES) else sorted(choices)
            needed = " or ".join(f"`{key}` ({LICENSES[key].name})" for key in suitable)
            return f"{LICENSES[license_key].name} needs {needed} in the same list"
    return None
