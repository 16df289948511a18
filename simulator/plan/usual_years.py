"""What the table says beside risks: of years as they happen, and what is calculated."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.plan.bounds import Bounds
from simulator.plan.closed_forms import closed_form_of
from simulator.plan.courses import TimeSpan
from simulator.plan.model import played
from simulator.plan.network import PlannedNetwork
from simulator.plan.years import Sampler

_SITE_YEARS = 1_000
_FEWEST_YEARS = 20
_MOST_OUTAGES = 60_000
"""Where so much fails, a few years say enough."""

ByClosedForm = tuple[str, float]
"""The name of a closed form, and its value."""


@dataclass(frozen=True)
class UsualYears:
    """What the table says beside risks, by site: of years as they happen, and what is calculated.

    `outages` are how often a site is cut off in a year, others are shares of time.
    """

    outages: dict[str, float]
    failover: dict[str, float]
    off: dict[str, float]
    closed_forms: dict[str, ByClosedForm]
    bounds: Bounds

    @classmethod
    def of(cls, network: PlannedNetwork, sampler: Sampler) -> "UsualYears":
        """Play some years of all sites, and calculate."""
        plain = replace(sampler, emphases=((),))
        years = max(_FEWEST_YEARS, _SITE_YEARS // len(network.sites))
        years = max(1, min(years, int(_MOST_OUTAGES / plain.expected)))
        outages, failover, off = (dict.fromkeys(network.sites, 0.0) for _ in range(3))
        for number in range(years):
            for site in played(network, plain.year(number)):
                outages[site.name] += len(site.cuts) / years
                failover[site.name] += _share(site.failover, years, network)
                off[site.name] += _share(site.off, years, network)
        forms = {site: closed_form_of(network, site) for site in network.sites}
        known = {site: form for site, form in forms.items() if form}
        return cls(outages, failover, off, known, Bounds(network))


def _share(spans: Iterable[TimeSpan], years: int, network: PlannedNetwork) -> float:
    return sum(span.lasts_ns for span in spans) / (years * network.horizon_ns)
