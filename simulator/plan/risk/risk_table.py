"""What many years say of the risk: a table with its uncertainty."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec


class RiskSettings(msgspec.Struct, frozen=True):
    """How exact the table is to be.

    `precision` is half the width of the 95 % interval over the value, 0.05 for 5 %. `minutes` is
    when to stop whatever was reached, `seed` that of all chance.
    """

    seed: int = 1
    precision: float = 0.05
    minutes: float = 5.0


class Estimate(msgspec.Struct, frozen=True):
    """A value with its 95 % interval. `low` is 0 where nothing was seen; `high` only by a proof."""

    value: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the width of the interval over the value; infinite where nothing was seen."""
        return (self.high - self.low) / 2 / self.value if self.value else float("inf")


class FormOf(StrEnum):
    """Of which quantity there is a closed form."""

    PROBABILITY = "probability"
    """Of an emergency within the horizon."""
    YEARLY = "emergencies a year in the long run"
    MEAN_TIME = "years to the first emergency"
    """Their mean; a year has 365 days."""


class ClosedForm(msgspec.Struct, frozen=True):
    """The value of a closed form called `name`, and that of the model under its assumptions.

    It has no age of an answer, no redialing, no floor, and no relicensing that others cause.
    `agrees`: within 3 standard errors. Both are None where the model would take too long to tell.
    """

    name: str
    value: float
    model: Estimate | None
    agrees: bool | None
    of: FormOf = FormOf.PROBABILITY


class CauseShare(msgspec.Struct, frozen=True):
    """What share of the first emergencies has this cause, "one long repair of link hub-north"."""

    words: str
    share: float


class Sensitivity(msgspec.Struct, frozen=True):
    """By how many percent the probability changes with each percent by which a mean is longer."""

    parameter: str
    percent: Estimate


class RiskBasis(StrEnum):
    """What the chance of a row rests on."""

    DRAWN = "drawn"
    """Years in which it was seen; where it was in none, their number."""
    CALCULATED = "calculated"
    """None was seen, and how often and how long things fail says more than that."""
    PROVED = "proved"
    """There can be no emergency."""


class KnownChance(NamedTuple):
    """A chance, what it rests on, and in words why there is none."""

    probability: Estimate
    basis: RiskBasis = RiskBasis.DRAWN
    proof: str = ""

    @property
    def is_unseen(self) -> bool:
        """Whether more years may still show an emergency, or make the bound lower."""
        return self.basis is RiskBasis.DRAWN and not self.probability.value


NEVER_CUT_OFF = "nothing that fails cuts it off"


class SiteRisk(msgspec.Struct, frozen=True):
    """One row: a site, or `any` of them.

    `probability` is the chance that at least one emergency begins within the horizon; `seen` is in
    how many of the drawn years one did: 0 makes `high` a bound, of which `basis` says where it is
    from; `proof` says in words why there can be none. `outages` are a year's, in which
    the site was cut off; shares are of time. Of `any`, outages and shares are those of all sites.
    `by_day` is the chance of a first emergency up to each of its days, in days and as estimate.
    `ideal` is the probability of a node whose period is used up by cuts alone, and to which nobody
    else's relicensing gives another; `made` is by how much the real one is larger.
    """

    site: str
    probability: Estimate
    seen: int
    outages: float
    failover_share: float
    emergency_share: float
    off_share: float
    causes: tuple[CauseShare, ...]
    sensitivity: tuple[Sensitivity, ...]
    closed_forms: tuple[ClosedForm, ...]
    by_day: tuple[tuple[float, Estimate], ...]
    ideal: Estimate | None = None
    made: Estimate | None = None
    basis: RiskBasis = RiskBasis.DRAWN
    proof: str = ""

    @property
    def closed_form(self) -> ClosedForm | None:
        """That of its probability."""
        return next((each for each in self.closed_forms if each.of is FormOf.PROBABILITY), None)

    @property
    def known(self) -> KnownChance:
        """Its chance and what that rests on."""
        return KnownChance(self.probability, self.basis, self.proof)

    @property
    def is_unseen(self) -> bool:
        """Whether more years may still show an emergency, or make the bound lower."""
        return self.known.is_unseen


ANY = "any"
"""The row for at least one site."""


class RiskTable(msgspec.Struct, frozen=True):
    """The answer: a row for `any`, then one for each site in the order of the file.

    `years` were drawn, all of `settings.seed`; `reached` says whether to the wanted precision.
    `refusing_days` are the days of a year in which new demands are refused, `worst` is the number
    of the drawn year with the most time of sites in emergency mode (None where none has any).
    """

    settings: RiskSettings
    horizon_ns: int
    years: int
    reached: bool
    any: SiteRisk
    sites: tuple[SiteRisk, ...]
    refusing_days: float
    worst: int | None

    def __iter__(self) -> Iterator[SiteRisk]:
        yield self.any
        yield from self.sites
