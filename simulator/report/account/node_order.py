"""In which order nodes are listed and drawn: the master first, then by name.

A journal does not keep the order of the scenario, so that of the scenario counts nowhere.
"""

import re
from collections.abc import Mapping

from licensing.words import Role

_NUMBER = re.compile(r"[0-9]+")


def masters_first(roles: Mapping[str, Role]) -> list[str]:
    """The names in their order: slaves come last, and site-2 before site-10."""
    return sorted(roles, key=lambda name: (roles[name] is Role.SLAVE, _in_parts(name)))


def _in_parts(name: str) -> list[tuple[str, int, str]]:
    """What stands between its numbers, and these by how large they are."""
    numbers = [number.lstrip("0") for number in _NUMBER.findall(name)]
    words = _NUMBER.split(name)
    return [(word, len(number), number) for word, number in zip(words, [*numbers, ""], strict=True)]
