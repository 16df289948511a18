"""Where something stands on the earth, as a scenario writes it."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import Reads, quoted, text, two


def coordinates(value: object) -> tuple[float, float]:
    """`[11.6, 48.1]`: longitude and latitude in degrees; raises `Refused`."""
    longitude, latitude = map(_degrees, two(value, "numbers", "[11.6, 48.1]"))
    if abs(latitude) > 90 or abs(longitude) > 180:
        message = "is not on the earth: longitude, up to 180 degrees, comes first, then latitude"
        raise Refused(f"[{longitude:g}, {latitude:g}] {message}, up to 90")
    return longitude, latitude


def _degrees(value: object) -> float:
    written = str(value) if isinstance(value, int | float) else text(value)
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,15})?", written):
        raise Refused(f"{quoted(written)} is no number of degrees, such as `11.6`")
    return float(written)


def coordinates_in_words(place: Iterable[float]) -> list[str]:
    """Longitude and latitude as `coordinates` reads them, without exponents."""
    return [f"{Decimal(repr(round(degrees, 15))):f}" for degrees in place]


Coordinates = Annotated[
    tuple[float, float],
    Reads(
        coordinates,
        {
            "type": "array",
            "prefixItems": [
                {"type": "number", "minimum": -180, "maximum": 180},
                {"type": "number", "minimum": -90, "maximum": 90},
            ],
            "items": False,
            "minItems": 2,
            "maxItems": 2,
            "examples": [[11.6, 48.1]],
        },
        coordinates_in_words,
    ),
]
