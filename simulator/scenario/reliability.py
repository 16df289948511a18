"""How often links, clouds, routers and hosts fail, and how long a repair takes, as it is written.

`fails: every 60 days`, `repair: lognormal(mean 8 h, sigma 2)`. A mean repair time without its
distribution is refused: how likely a repair outlasts a failover period is the distribution's word.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from simulator.scenario.components import ComponentKind
from simulator.scenario.diagnostics import Refused
from simulator.scenario.outages.distributions import (
    LONGEST_REPAIR_NS,
    SHAPE_LIMITS,
    SIGMA_LIMITS,
    Distribution,
    Exponential,
    Fixed,
    Lognormal,
    Weibull,
)
from simulator.scenario.step import EVERY_NODE, Part
from simulator.scenario.values import (
    Name,
    Reads,
    exact_duration,
    form_of_text,
    long_duration,
    quoted,
    text,
)

_LEAST_REPAIR_NS = NS_PER_SECOND
_LEAST_UP_NS, _LONGEST_UP_NS = MINUTE_NS, 100_000 * DAY_NS

_PARAMETERS = {
    "exponential": ("mean",),
    "lognormal": ("mean", "sigma"),
    "weibull": ("mean", "shape"),
    "fixed": (),
}
_LIMITS = {"sigma": SIGMA_LIMITS, "shape": SHAPE_LIMITS}
THE_REST = EVERY_NODE
"""In place of a name: each of its kind that is not named."""

FORMS = (
    "exponential(mean 8 h)",
    "lognormal(mean 8 h, sigma 2)",
    "weibull(mean 8 h, shape 0.5)",
    "fixed(8 h)",
)
PARAMETERS = ("mean", *_LIMITS)
"""What may be said of a distribution: of `fixed` and `every`, too, the mean."""

_WITHOUT_NAME = re.compile(r"(every |fixed ?\()([^()]*)(\)?)")
_CALL = re.compile(r"([A-Za-z_]+) ?\((.*)\)")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,17})?")
_LARGE_UNITS = {"days": DAY_NS, "h": HOUR_NS, "min": MINUTE_NS, "s": NS_PER_SECOND}


def _repair(value: object) -> Distribution:
    """How long repairs take; raises `Refused`."""
    if isinstance(value, Distribution):
        return value
    written = text(value)
    if re.match("[0-9]", written):
        message = (
            f"{quoted(written)} may be the mean of a repair, but the distribution is the answer:"
            " with a mean of 8 h it outlasts 30 days with a probability of 1e-39 or of 6e-4; write"
            f" `exponential(mean {written})`, or `fixed({written})` where it is always so long"
        )
        raise Refused(message, allowed=FORMS)
    return _distribution(written, _LEAST_REPAIR_NS, LONGEST_REPAIR_NS)


def _up(value: object) -> Distribution:
    """How long it works from a repair to the next failure; raises `Refused`."""
    if isinstance(value, Distribution):
        return value
    written = text(value)
    if written.startswith("every "):
        mean_ns = _time_ns(written.removeprefix("every "), _LEAST_UP_NS, _LONGEST_UP_NS)
        return Exponential(mean_ns)
    if re.match("[0-9]", written):
        raise Refused(f"write `every {written}` for the mean time until it fails again")
    return _distribution(written, _LEAST_UP_NS, _LONGEST_UP_NS, "every 60 days")


def _distribution(written: str, least_ns: int, most_ns: int, *further: str) -> Distribution:
    match = _CALL.fullmatch(written)
    word = match[1] if match else written.partition("(")[0]
    if not match or word not in _PARAMETERS:
        raise Refused(
            f"{quoted(written)} is no distribution", word=word, allowed=(*further, *FORMS)
        )
    if word == "fixed":
        return Fixed(_time_ns(match[2], least_ns, most_ns))
    given = _parameters(word, match[2])
    mean_ns = _time_ns(given.pop("mean"), least_ns, most_ns)
    numbers = {name: _number(name, each) for name, each in given.items()}
    match word:
        case "lognormal":
            return Lognormal(mean_ns, **numbers)
        case "weibull":
            return Weibull(mean_ns, **numbers)
    return Exponential(mean_ns)


def _parameters(word: str, written: str) -> dict[str, str]:
    """`mean 8 h, sigma 2` by their names: each that the distribution has, once."""
    known, form = _PARAMETERS[word], next(form for form in FORMS if form.startswith(word))
    given: dict[str, str] = {}
    for each in written.split(","):
        name, _, value = each.strip().partition(" ")
        if name not in known:
            message = f"`{word}` has {' and '.join(known)}, as in `{form}`, and no {quoted(name)}"
            raise Refused(message, word=name, allowed=known)
        if name in given:
            raise Refused(f"`{name}` stands twice in {quoted(written)}")
        given[name] = value
    if missing := [name for name in known if name not in given]:
        raise Refused(f"`{word}` needs its {missing[0]}, as in `{form}`")
    return given


def _time_ns(written: str, least_ns: int, most_ns: int) -> int:
    time_ns = long_duration(written, most_ns, "8 h")
    if time_ns < least_ns:
        raise Refused(f"{quoted(written)} is shorter than {exact_duration(least_ns)}")
    return time_ns


def _number(name: str, written: str) -> float:
    least, most = _LIMITS[name]
    if not _NUMBER.fullmatch(written) or not least <= float(written) <= most:
        limits = f"from {least:g} to {most:g}, without a unit"
        raise Refused(f"`{name}` is a number {limits}, not {quoted(written)}")
    return float(written)


def with_parameter(written: str, parameter: str, value: str) -> str:
    """A distribution with another `mean`, `sigma` or `shape`; "" where it has none."""
    if parameter == "mean" and (match := _WITHOUT_NAME.fullmatch(written)):
        return f"{match[1]}{value}{match[3] or ''}"
    changed, count = re.subn(rf"\b{parameter} [^,)]*", lambda _: f"{parameter} {value}", written)
    return changed if count else ""


def distribution_in_words(distribution: Distribution) -> str:
    """As it is read again: `lognormal(mean 8 h, sigma 2)`."""
    match distribution:
        case Exponential(mean_ns):
            return f"exponential(mean {time_in_words(mean_ns)})"
        case Lognormal(mean_ns, sigma):
            return f"lognormal(mean {time_in_words(mean_ns)}, sigma {_decimal(sigma)})"
        case Weibull(mean_ns, shape):
            return f"weibull(mean {time_in_words(mean_ns)}, shape {_decimal(shape)})"
        case Fixed(duration_ns):
            return f"fixed({time_in_words(duration_ns)})"


def up_in_words(distribution: Distribution) -> str:
    """The same for what is written under `fails`: `every 60 days`."""
    if isinstance(distribution, Exponential):
        return f"every {time_in_words(distribution.mean_ns)}"
    return distribution_in_words(distribution)


def time_in_words(time_ns: int) -> str:
    """`7.5 h`: in the largest unit of which it is one at least, where few decimals are enough."""
    for unit, unit_ns in _LARGE_UNITS.items():
        amount = Decimal(time_ns) / unit_ns
        if amount >= 1 and (rounded := round(amount, 4)) == amount:
            return f"{rounded.normalize():f} {'day' if time_ns == DAY_NS else unit}"
    return exact_duration(time_ns)


def _decimal(number: float) -> str:
    return f"{Decimal(repr(number)).normalize():f}"


def _form(*examples: str) -> dict[str, object]:
    words = "|".join(_PARAMETERS)
    every = "every .+|" * (len(examples) > len(FORMS))
    return form_of_text(examples[0], rf"^({every}({words}) ?\(.+\))$") | {"examples": [*examples]}


class FailureAndRepair(Part):
    """Two distributions: of the time until a failure, and of the time until it is repaired."""

    fails: Annotated[Distribution, Reads(_up, _form("every 60 days", *FORMS), up_in_words)]
    """How long it works from a repair to the next failure: `every` and a mean is `exponential`.
    Example: `fails: every 60 days`"""

    repair: Annotated[Distribution, Reads(_repair, _form(*FORMS), distribution_in_words)]
    """How long it is down then. Example: `repair: lognormal(mean 8 h, sigma 2)`"""


class Failures(Part):
    """What fails by chance, for `internetsim plan`; a run of the timeline has none of it.

    What is not named never fails; `all` names each of its kind that has no line of its own. A link
    is named as in a step. While a host is off its site's router goes on.
    """

    links: dict[Name, FailureAndRepair] = Field(default_factory=dict)
    """Links by their names. Example: `links: {hub-north: {fails: every 60 days, repair:
    "lognormal(mean 8 h, sigma 2)"}}`"""

    clouds: dict[Name, FailureAndRepair] = Field(default_factory=dict)
    """Clouds by their names. Example: `clouds: {mpls: {fails: every 200 days, repair:
    exponential(mean 3 h)}}`"""

    routers: dict[Name, FailureAndRepair] = Field(default_factory=dict)
    """Routers by their names. Example: `routers: {hub: {fails: every 900 days, repair:
    fixed(4 h)}}`"""

    hosts: dict[Name, FailureAndRepair] = Field(default_factory=dict)
    """The hosts of nodes by the names of these. Example: `hosts: {north: {fails: every 300 days,
    repair: "weibull(mean 1 day, shape 0.5)"}}`"""

    def each(self) -> Iterator[tuple[ComponentKind, str, FailureAndRepair]]:
        """All of them, with the names as they are written here."""
        for kind in ComponentKind:
            for name, times in getattr(self, part_of(kind)).items():
                yield kind, name, times


def part_of(kind: ComponentKind) -> str:
    """The key under which components of the kind stand."""
    return f"{kind}s"
