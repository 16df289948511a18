"""What is assumed of lines: bandwidths, latencies, and that every site can be reached."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from math import asin, cos, radians, sin, sqrt

from msgspec.structs import replace

from licensing.words import counted
from simulator.topology.drawing import Drawing, Edge, Kind, Point, Vertex
from simulator.topology.graphs import parts
from simulator.topology.names import some_of
from simulator.topology.remarks import share_of_lines

ASSUMED_BIT_S = 100_000_000
ASSUMED_NS = 5_000_000
SHORTEST_NS = 100_000
"""The equipment at both ends of a line of no length."""

_NS_PER_KM = 5_000
_EXACT_TO_NS = 10_000
_EARTH_KM = 6_371.0
_HALF_WAY_ROUND_KM = 20_040.0

Named = Callable[[str], str]
"""From the key of a vertex to its name."""


def connected(drawing: Drawing, name_of: Named) -> Drawing:
    """The drawing without lines from a vertex to itself, and in one piece."""
    loops = [name_of(edge.ends[0]) for edge in drawing.edges if edge.ends[0] == edge.ends[1]]
    edges = tuple(edge for edge in drawing.edges if edge.ends[0] != edge.ends[1])
    remarks = list(drawing.remarks)
    if loops:
        remarks.append(
            f"{counted(len(loops), 'line')} from a site to itself left out: {some_of(loops)}"
        )
    drawing = replace(drawing, edges=edges)
    bridges = [] if drawing.is_whole else [*_missing_bridges(drawing)]
    if bridges:
        count = counted(len(bridges) + 1, "part")
        lines = some_of([" to ".join(map(name_of, edge.ends)) for edge in bridges])
        remarks.append(f"{count} without a line between them: joined by {lines}")
    return replace(drawing, edges=(*edges, *bridges), remarks=tuple(remarks))


def _missing_bridges(drawing: Drawing) -> Iterator[Edge]:
    """From the best connected vertex of each further part to that of the largest one."""
    inside = [key for key, each in drawing.vertices.items() if each.kind is not Kind.INTERNET]
    pairs = [edge.ends for edge in drawing.edges if set(edge.ends) <= set(inside)]
    lines = lines_by_end(drawing)
    hubs = [max(part, key=lines.__getitem__) for part in parts(inside, pairs)]
    return (Edge((hubs[0], hub)) for hub in hubs[1:])


def lines_by_end(drawing: Drawing) -> Counter[str]:
    """How many lines end at each vertex."""
    return Counter(chain.from_iterable(edge.ends for edge in drawing.edges))


def placed(drawing: Drawing) -> Drawing:
    """Without places that are none on the Earth, and without the lengths computed from them."""
    places = [vertex.place for vertex in drawing.vertices.values() if vertex.place]
    if all(abs(longitude) <= 180 and abs(latitude) <= 90 for longitude, latitude in places):
        return drawing
    remark = "its coordinates are no degrees (a drawing's, perhaps): places are left out"
    lengths = any(edge.length_km is not None for edge in drawing.edges)
    remark += ", and so are lengths, which may be computed from them" if lengths else ""
    vertices = {key: replace(vertex, place=None) for key, vertex in drawing.vertices.items()}
    edges = tuple(replace(edge, length_km=None) for edge in drawing.edges)
    return replace(drawing, vertices=vertices, edges=edges, remarks=(*drawing.remarks, remark))


def measured(drawing: Drawing) -> Drawing:
    """Every line with a bandwidth and a latency."""
    edges = [_with_latency(edge, drawing.vertices) for edge in drawing.edges]
    remarks = [*_latency_remarks(drawing), *_bandwidth_remarks(drawing)]
    whole = tuple(
        replace(edge, bandwidth_bit_s=edge.bandwidth_bit_s or ASSUMED_BIT_S) for edge in edges
    )
    return replace(drawing, edges=whole, remarks=(*drawing.remarks, *remarks))


def _with_latency(edge: Edge, vertices: Mapping[str, Vertex]) -> Edge:
    if edge.latency_ns is not None:
        return edge
    length_km = _length_km(edge, vertices)
    if length_km is None:
        return replace(edge, latency_ns=ASSUMED_NS)
    exact_ns = round(length_km * _NS_PER_KM / _EXACT_TO_NS) * _EXACT_TO_NS
    return replace(edge, latency_ns=max(SHORTEST_NS, exact_ns))


def _length_km(edge: Edge, vertices: Mapping[str, Vertex]) -> float | None:
    """As the source says, or as the crow flies; None where neither can be."""
    if edge.length_km is not None and 0 <= edge.length_km <= _HALF_WAY_ROUND_KM:
        return edge.length_km
    one, other = (vertices[end].place for end in edge.ends)
    return _great_circle_km(one, other) if one and other else None


def _great_circle_km(one: Point, other: Point) -> float:
    (lon1, lat1), (lon2, lat2) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))


def _latency_remarks(drawing: Drawing) -> Iterator[str]:
    silent = [edge for edge in drawing.edges if edge.latency_ns is None]
    lengths = [_length_km(edge, drawing.vertices) for edge in silent]
    known = [length for length in lengths if length is not None]
    if known:
        share = share_of_lines(len(known), len(drawing.edges))
        yield f"latency of {share} from lengths or places: 5 us a km, at least 0.1 ms"
    if zero := [length for length in known if length == 0]:
        yield f"{counted(len(zero), 'line')} of length zero: 0.1 ms"
    if len(silent) > len(known):
        yield f"no latency of {_none_of(len(silent) - len(known), drawing)}: 5 ms"


def _bandwidth_remarks(drawing: Drawing) -> Iterator[str]:
    silent = [edge for edge in drawing.edges if edge.bandwidth_bit_s is None]
    if silent:
        yield f"no bandwidth of {_none_of(len(silent), drawing)}: 100 Mbit/s"


def _none_of(count: int, drawing: Drawing) -> str:
    total = len(drawing.edges)
    return "any line" if count == total else share_of_lines(count, total)
