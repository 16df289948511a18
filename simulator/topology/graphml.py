"""GraphML, as the Internet Topology Zoo, editors such as yEd, and `internetsim export` write it.

What a tool calls its attributes is in the tables below. A number without a unit is no bandwidth and
no latency. Files with entities, and large ones, are refused before they are parsed.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from licensing.words import counted
from simulator.scenario import duration
from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import exact_duration, quoted
from simulator.topology.bit_rates import bit_rate
from simulator.topology.drawing import Drawing, Edge, Kind, Point, Unreadable, Vertex
from simulator.topology.graphml_outline import Outline, for_networkx, outline
from simulator.topology.graphml_words import DURATIONS, EXPORTED, NODE_WORDS, SCENARIO_WORDS
from simulator.topology.graphs import AnyGraph, Attributes, parsed
from simulator.topology.remarks import share_of_lines

_LABELS = ("label", "name")
_LONGITUDES = ("longitude", "lon", "lng")
_LATITUDES = ("latitude", "lat")
_LENGTHS_KM = ("length_km", "dist", "distance", "length")
_BANDWIDTHS = ("bandwidth", "capacity", "linkspeed", "speed", "rate")
_LATENCIES = ("latency", "delay")
_SPEED_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

_WRITTEN_BESIDE = re.compile(r"[,;|/]\s+|\n")
_SHORT = re.compile(r"[0-9.]+ *[mu]s")
"""A latency; what is longer, or in `m`, may be something else at a line of a drawing."""

_Line = tuple[str, str, Attributes]
_Said = tuple[object, ...]
_SILENT: _Said = ("", "", None, None, None)


def read_graphml(content: bytes) -> Drawing:
    """The drawing of the first graph in a GraphML file; raises `Unreadable`."""
    seen = outline(content)
    is_plain = not (seen.groups or seen.has_defaults)
    graph = parsed(content if is_plain else for_networkx(content), seen.defaults)
    if not graph.nodes:
        raise Unreadable("there is no node in it")
    try:
        return _drawing(graph, seen)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Unreadable(f"an attribute is not of its kind: {error}") from None


def _drawing(graph: AnyGraph, seen: Outline) -> Drawing:
    said = graph.attributes
    lines = _undirected(graph.edges) if graph.directed else graph.edges
    joined = {end for one, other, _ in lines for end in (one, other)}
    frames = set(seen.groups) - joined
    return Drawing(
        title=str(said.get("title") or said.get("name") or said.get("network") or ""),
        vertices={k: _vertex(data) for k, data in graph.nodes.items() if k not in frames},
        edges=tuple(_edge(*line) for line in lines),
        remarks=(
            *_outline_remarks(seen, len(frames)),
            *_remarks(graph.directed, [data for *_, data in lines]),
        ),
        said=_whole_words(said),
        is_whole=EXPORTED in said,
    )


def _undirected(lines: Iterable[_Line]) -> list[_Line]:
    """Opposite lines that say the same, or of which one says nothing, as one; all others as two."""
    kept: list[_Line] = []
    unmatched: defaultdict[tuple[str, str], dict[_Said, list[int]]] = defaultdict(dict)
    for source, target, data in lines:
        said = _said(data)
        at = _taken_mirror(said, unmatched[target, source])
        if at is None:
            unmatched[source, target].setdefault(said, []).append(len(kept))
            kept.append((source, target, data))
        elif said != _SILENT:
            kept[at] = (*kept[at][:2], data)
    return kept


def _taken_mirror(said: _Said, opposite: dict[_Said, list[int]]) -> int | None:
    """One of `opposite` that is the same line in its other direction, which is no other one's then.

    None where there is none.
    """
    candidates = [said, _SILENT] if said != _SILENT else [said, *islice(opposite, 1)]
    mirror = next((each for each in candidates if each in opposite), None)
    if mirror is None:
        return None
    at = opposite[mirror].pop()
    if not opposite[mirror]:
        del opposite[mirror]
    return at


def _said(data: Attributes) -> _Said:
    """What a line says, as far as it is read, and what is written at it."""
    edge = _edge("", "", data)
    known = (edge.bandwidth_bit_s, edge.latency_ns, edge.length_km, *edge.said.items())
    return str(data.get("label", "")).strip(), edge.name, *known


def _vertex(data: Attributes) -> Vertex:
    line = data.get("line_bit_s")
    kind = str(data.get("kind", Kind.SITE))
    return Vertex(
        label=str(next((data[key] for key in _LABELS if data.get(key)), "")).strip(),
        kind=Kind(kind) if kind in list(Kind) else Kind.SITE,
        place=_place(data),
        said=_node_words(data),
        line_bit_s=int(line) if line else None,
    )


def _place(data: Attributes) -> Point | None:
    """From two attributes, or from both in one, the longitude first, as topohub has them."""
    longitude, latitude = _number(data, _LONGITUDES), _number(data, _LATITUDES)
    if longitude is not None and latitude is not None:
        return longitude, latitude
    pair = _NUMBER.findall(str(data.get("pos", "")))
    return (float(pair[0]), float(pair[1])) if len(pair) == 2 else None


def _number(data: Attributes, keys: Iterable[str]) -> float | None:
    """The first of these attributes that is a number."""
    written = (str(data[key]).strip() for key in keys if key in data)
    return next((float(text) for text in written if _NUMBER.fullmatch(text)), None)


def _node_words(data: Attributes) -> dict[str, Any]:
    return {key: _words(data[key], key) for key in NODE_WORDS if key in data}


def _words(written: object, key: str) -> object:
    """Text as it is, and lists and mappings from JSON."""
    text = str(written)
    try:
        return json.loads(text, parse_int=str) if text.startswith(("[", "{")) else text
    except json.JSONDecodeError:
        raise Unreadable(
            f"the attribute `{key}` is not as `internetsim export` writes it"
        ) from None


def _whole_words(said: Attributes) -> dict[str, Any]:
    if EXPORTED not in said:
        return {}
    words = {key: _words(said[key], key) for key in ("about", *SCENARIO_WORDS) if said.get(key)}
    if "convergence_ns" in said:
        words["convergence"] = exact_duration(int(said["convergence_ns"]))
    if "purchase" in said:
        words["purchase"] = _words(said["purchase"], "purchase")
    return words


def _edge(source: str, target: str, data: Attributes) -> Edge:
    name = str(data.get("link", ""))
    turned = f"{target} {source}" == data.get("joins") or f"{target}-{source}" == name
    exact_ns = data.get("latency_ns")
    beside = [part.strip() for part in _WRITTEN_BESIDE.split(str(data.get("label", "")))]
    return Edge(
        ends=(target, source) if turned else (source, target),
        name=name,
        bandwidth_bit_s=_bandwidth_bit_s(data) or _first(bit_rate, beside),
        latency_ns=_latency_ns(data, beside) if exact_ns is None else int(exact_ns),
        length_km=_number(data, _LENGTHS_KM),
        said={
            word: exact_duration(int(data[key])) for key, word in DURATIONS.items() if key in data
        },
    )


def _bandwidth_bit_s(data: Attributes) -> int | None:
    """In bit/s by its name, or by a unit beside it, as the Zoo has it; None without a unit."""
    for key in ("bandwidth_bit_s", "linkspeedraw"):
        if key in data and int(float(data[key])) > 0:
            return int(float(data[key]))
    speed, unit = _number(data, ["linkspeed"]), str(data.get("linkspeedunits", "-")).strip().upper()
    if speed and unit in _SPEED_UNITS:
        return int(speed * _SPEED_UNITS[unit]) or None
    return _with_unit(bit_rate, data, _BANDWIDTHS)


def _latency_ns(data: Attributes, beside: Iterable[str]) -> int | None:
    said = _with_unit(duration, data, _LATENCIES)
    return _first(duration, filter(_SHORT.fullmatch, beside)) if said is None else said


def _with_unit(reader: Callable[[str], int], data: Attributes, keys: Iterable[str]) -> int | None:
    """The first of these attributes that says its unit."""
    return _first(reader, (str(data[key]).strip() for key in keys if key in data))


def _first(reader: Callable[[str], int], texts: Iterable[str]) -> int | None:
    """What the first of these texts says that can be read."""
    for text in texts:
        try:
            return reader(text)
        except Refused:
            continue
    return None


def _outline_remarks(seen: Outline, frames: int) -> Iterator[str]:
    if seen.graphs > 1:
        yield f"it has {seen.graphs} graphs: the first one is taken"
    if frames:
        yield f"{counted(frames, 'group')} without a line: left out, what is inside is not"


def _remarks(directed: bool, lines: list[Attributes]) -> Iterator[str]:
    if directed:
        yield "its lines have directions: opposite ones that do not differ are one line"
    for keys, read_line in (
        (_BANDWIDTHS, _bandwidth_bit_s),
        (_LATENCIES, lambda data: _with_unit(duration, data, _LATENCIES)),
    ):
        for key in keys:
            unread = [data[key] for data in lines if data.get(key) and read_line(data) is None]
            if unread:
                share = share_of_lines(len(unread), len(lines))
                example = quoted(str(unread[0]))
                yield f"`{key}` of {share} has no unit that is known ({example}): not used"
