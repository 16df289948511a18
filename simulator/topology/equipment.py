"""What stands at the sites: models, roles, subscribers, trunks, and a purchase that suffices."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.words import Role, counted
from simulator.scenario import bandwidth_in_words
from simulator.scenario.diagnostics import nearest
from simulator.scenario.values import numbers as read_numbers
from simulator.topology.drawing import Drawing, Kind, Unreadable, Vertex
from simulator.topology.lines import lines_by_end
from simulator.topology.names import some_of

_SMALL = Vertex(stations={"ip-hfa": 10}, channels=2)
_SMALL_MODEL = "X3"
_SAYS = {
    "model": Vertex.says_model,
    "stations": Vertex.says_stations,
    "trunk": Vertex.says_trunks,
}
_SMALL_IN_WORDS = {
    "model": f"an {_SMALL_MODEL}",
    "stations": "ten IP system telephones",
    "trunk": "an ITSP trunk of two channels",
}
_TRUNK = "itsp"
_FEWEST_DIGITS = 5

Words = dict[str, Any]
"""A part of a scenario, as a file writes it."""


class Sites(msgspec.Struct, frozen=True):
    """The nodes in the words of a scenario, by name, and what was assumed for them.

    `assumed` are those of which the source does not say what stands there.
    """

    nodes: dict[str, Words]
    assumed: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def master(self) -> str | None:
        """The node that is the master, if any is."""
        return next((n for n, node in self.nodes.items() if node["role"] == Role.MASTER), None)

    @property
    def standalone(self) -> list[str]:
        """The nodes that are systems for themselves."""
        return [name for name, node in self.nodes.items() if node["role"] == Role.STANDALONE]

    @property
    def with_agent(self) -> list[str]:
        """The nodes that have a CLA on their host: the master, and all standalone ones."""
        return [*filter(None, [self.master]), *self.standalone]

    def agent_of(self, name: str) -> str | None:
        """The node on whose host the CLA of a node is."""
        return name if self.nodes[name]["role"] == Role.STANDALONE else self.master


def equipped(drawing: Drawing, names: Mapping[str, str], *, master: str, like: str) -> Sites:
    """Every site of the drawing with its role and equipment; `names` are by the drawing's keys.

    `master` and `like` name sites, "" is no wish. Raises `Unreadable` where there is none.
    """
    sites = {names[k]: v for k, v in drawing.vertices.items() if v.kind is Kind.SITE}
    if not sites:
        raise Unreadable("there is no site in it")
    like = _meant(like, sites, "--like") if like else ""
    example = _example(like, sites) if like else _SMALL
    whole = {name: _filled(vertex, example) for name, vertex in sites.items()}
    bare = [name for name, vertex in sites.items() if whole[name] != vertex]
    chosen = _meant(master, sites, "--master") if master else ""
    roles, remarks = _roles(drawing, names, sites, chosen)
    numbers = _Numbers(whole.values())
    nodes = {name: _node(vertex, roles[name], numbers) for name, vertex in whole.items()}
    remarks += _bare_remarks(sites, like)
    return Sites(nodes, tuple(bare), tuple(remarks))


def _bare_remarks(sites: Mapping[str, Vertex], like: str) -> Iterator[str]:
    """A sentence for each set of sites of which the same is not said."""
    silent: dict[tuple[str, ...], list[str]] = {}
    for part, says in _SAYS.items():
        bare = tuple(name for name, vertex in sites.items() if not says(vertex))
        silent.setdefault(bare, []).append(part)
    for names, what in silent.items():
        if names:
            where = f"{len(names)} of {counted(len(sites), 'site')} ({some_of(list(names))})"
            where = "any site" if len(names) == len(sites) else where
            small = not like or like in names
            assumed = _and([_SMALL_IN_WORDS[each] for each in what]) if small else f"as {like} has"
            yield f"no {_and(what)} said of {where}: {assumed}"


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _meant(wish: str, sites: Mapping[str, Vertex], option: str) -> str:
    """The name of the site that a person means, by its name or as the source calls it."""
    called = {
        label.lower(): name for name, vertex in sites.items() for label in (vertex.label, name)
    }
    if wish.lower() in called:
        return called[wish.lower()]
    guess = nearest(wish, list(sites))
    near = f"; did you mean {guess}?" if guess else f"; there are {some_of(list(sites))}"
    raise Unreadable(f"{option}: there is no site {wish!r}{near}")


def _example(like: str, sites: Mapping[str, Vertex]) -> Vertex:
    if not sites[like].says_stations():
        known = [name for name, vertex in sites.items() if vertex.says_stations()]
        say = f"it does of {some_of(known)}" if known else "nor of any other site"
        raise Unreadable(f"--like: the source does not say what stands at {like}, {say}")
    return _filled(sites[like], _SMALL)


def _filled(vertex: Vertex, example: Vertex) -> Vertex:
    """With the equipment of `example` where nothing is said of it."""
    said = dict(vertex.said)
    if not vertex.says_model():
        said["model"] = example.said.get("model", _SMALL_MODEL)
    stations = vertex.stations if vertex.says_stations() else _stations(example)
    channels = vertex.channels if vertex.says_trunks() else _channels(example)
    return replace(vertex, said=said, stations=stations, channels=channels)


def _stations(example: Vertex) -> Mapping[str, int]:
    counts: Counter[str] = Counter(example.stations)
    for group in example.said.get("subscribers", ()):
        counts[group["type"]] += len(read_numbers(group["numbers"]))
    return counts


def _channels(example: Vertex) -> int:
    if example.channels is not None:
        return example.channels
    return sum(int(trunk["channels"]) for trunk in example.said.get("trunks", ()))


def _roles(
    drawing: Drawing, names: Mapping[str, str], sites: Mapping[str, Vertex], chosen: str
) -> tuple[dict[str, Role], list[str]]:
    """As the source says; where it does not, the master is chosen, and all others are slaves."""
    said = {
        name: Role(v.said["role"]) for name, v in sites.items() if v.said.get("role") in list(Role)
    }
    remarks = []
    if not said and not chosen:
        chosen, why = _best_master(drawing, names, sites)
        remarks.append(f"without --master: {chosen} is the master, {why}")
    if said and not chosen:
        has_master = Role.MASTER in said.values()
        return {n: said.get(n, Role.SLAVE if has_master else Role.STANDALONE) for n in sites}, []
    others = {name: said[name] for name in said if said[name] is not Role.MASTER}
    return {n: Role.MASTER if n == chosen else others.get(n, Role.SLAVE) for n in sites}, remarks


def _best_master(
    drawing: Drawing, names: Mapping[str, str], sites: Mapping[str, Vertex]
) -> tuple[str, str]:
    """Manual 4.4: the largest bandwidth; where none is known, the most lines."""
    carried = dict.fromkeys(sites, 0)
    for edge in drawing.edges:
        for end in {names[end] for end in edge.ends} & carried.keys():
            carried[end] += edge.bandwidth_bit_s or 0
    for name, vertex in sites.items():
        carried[name] = min(filter(None, (carried[name], vertex.line_bit_s)), default=0)
    widest = max(carried, key=carried.__getitem__)
    if carried[widest]:
        return widest, f"the site whose lines carry most ({bandwidth_in_words(carried[widest])})"
    counts = lines_by_end(drawing)
    lines = {names[key]: counts[key] for key in drawing.vertices}
    best = max(sites, key=lines.__getitem__)
    return best, f"the best connected one ({counted(lines[best], 'line')})"


class _Numbers:
    """Call numbers for those that have none: as many for each site, none in use already."""

    def __init__(self, sites: Iterable[Vertex]) -> None:
        every = [*sites]
        wanted = [sum(vertex.stations.values()) for vertex in every]
        self._each = -(-max(wanted, default=0) // 10) * 10
        digits = max(_FEWEST_DIGITS, len(str(self._each * len(every))) + 1)
        used = [number for vertex in every for number in _said_numbers(vertex)]
        if any(len(number) >= digits for number in used):
            digits = max(map(len, used)) + 1
        self._next = 10 ** (digits - 1)

    def groups(self, stations: Mapping[str, int]) -> list[Words]:
        """A group of each type, each subscriber with its station license."""
        number, groups = self._next, []
        for kind, count in stations.items():
            if count:
                last = f"-{number + count - 1}" if count > 1 else ""
                station = SUBSCRIBER_TYPES[kind].station_license
                groups.append({"numbers": f"{number}{last}", "type": kind, "licenses": [station]})
            number += count
        self._next += self._each
        return groups


def _said_numbers(vertex: Vertex) -> Iterator[str]:
    for group in vertex.said.get("subscribers", ()):
        yield from read_numbers(group["numbers"])


def _node(vertex: Vertex, role: Role, numbers: _Numbers) -> Words:
    """The node in the words of a scenario, in their usual order."""
    node: Words = {"model": vertex.said.get("model", _SMALL_MODEL), "role": str(role)}
    node |= {key: value for key, value in vertex.said.items() if key not in node}
    if "subscribers" not in node:
        node["subscribers"] = numbers.groups(vertex.stations)
    if "trunks" not in node and vertex.channels:
        trunk = {"name": "trunk-1", "kind": _TRUNK, "channels": str(vertex.channels)}
        node["trunks"] = [trunk]
    if vertex.line_bit_s:
        node["line"] = bandwidth_in_words(vertex.line_bit_s)
    if vertex.place:
        node["place"] = [f"{degrees!r}" for degrees in vertex.place]
    return node
