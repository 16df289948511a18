"""A network as some source draws it, with all that the source says and nothing that it does not."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

Point = tuple[float, float]
"""Longitude and latitude, in degrees where a source is honest."""


class Unreadable(Exception):
    """A source that cannot be imported; the message says why, and the way out."""


class Kind(StrEnum):
    """What a vertex is in an internetwork."""

    SITE = "node"
    ROUTER = "router"
    CLOUD = "cloud"
    INTERNET = "internet"


class Vertex(msgspec.Struct, frozen=True):
    """A point of the drawing; what is None, empty or "" the source does not say.

    `said` is what it says of a node in the words of a scenario, `stations` how many subscribers of
    each type there are, `channels` those of its trunk.
    """

    label: str = ""
    kind: Kind = Kind.SITE
    place: Point | None = None
    said: Mapping[str, Any] = msgspec.field(default_factory=dict)
    stations: Mapping[str, int] = msgspec.field(default_factory=dict)
    channels: int | None = None
    line_bit_s: int | None = None

    def says_model(self) -> bool:
        """Whether the source says which system it is."""
        return "model" in self.said

    def says_stations(self) -> bool:
        """Whether the source says which subscribers there are, or that there are none."""
        return bool(self.stations) or "subscribers" in self.said

    def says_trunks(self) -> bool:
        """Whether the source says which trunks there are, or that there are none."""
        return self.channels is not None or "subscribers" in self.said


class Edge(msgspec.Struct, frozen=True):
    """A line between two vertices, named by their keys in the drawing; None is not said.

    `said` is what else the source says of a link in the words of a scenario.
    """

    ends: tuple[str, str]
    name: str = ""
    bandwidth_bit_s: int | None = None
    latency_ns: int | None = None
    length_km: float | None = None
    said: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Drawing(msgspec.Struct, frozen=True):
    """The vertices by their keys in the source, the lines between them, and what is to be known.

    `said` is what the source says of the whole, in the words of a scenario. One that `is_whole` was
    an internetwork before: its network is as it should be.
    """

    title: str
    vertices: Mapping[str, Vertex]
    edges: tuple[Edge, ...]
    remarks: tuple[str, ...] = ()
    said: Mapping[str, Any] = msgspec.field(default_factory=dict)
    is_whole: bool = False
