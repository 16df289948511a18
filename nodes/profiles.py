"""What each WBM profile may see and do: one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from licensing.errors import LicensingError
from licensing.words import Profile


class Right(StrEnum):
    """What the pages offer, by what it can change."""

    SEE = "see everything"
    ASSIGN = "assign licenses, check and unlock"
    SUBSCRIBERS = "add and delete subscribers, change their type"
    ACTIVATE = "enter registration data, activate licenses"
    NETWORK = "run the Network Wizard"
    LICENSE_SERVER = "change the CLS address"


RIGHTS: Mapping[Profile, frozenset[Right]] = MappingProxyType(
    {
        Profile.BASIC: frozenset({Right.SEE}),
        Profile.ADVANCED: frozenset(Right) - {Right.LICENSE_SERVER},
        Profile.EXPERT: frozenset(Right),
    }
)


def require(profile: Profile, right: Right) -> None:
    """Raise `profile-insufficient`, which names the first profile that is enough."""
    if right not in RIGHTS[profile]:
        needed = next(each for each in Profile if right in RIGHTS[each])
        raise LicensingError("profile-insufficient", profile=profile, needed=needed)
