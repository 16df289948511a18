"""Names that a run has, and the error for one that it does not have."""

from collections.abc import Iterable

from licensing.node_names import spelled


class UnknownName(ValueError):
    """A name that a run does not have: never made, or its step has been refused."""


def known_name(kind: str, name: str, names: Iterable[str]) -> str:
    """`name`, if it is one of `names`; raises `UnknownName` that lists them."""
    known = list(names)
    if name not in known:
        raise UnknownName(f"There is no {kind} {name!r}; known: {', '.join(known) or 'none'}.")
    return name


def known_node(name: str, nodes: Iterable[str]) -> str:
    """`name` as it is spelled among `nodes`; raises as `known_name`."""
    known = list(nodes)
    if name in known:
        return name
    return spelled(name, known) or known_name("node", name, known)
