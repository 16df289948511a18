"""What the table says beside risks: of years as they happen, and what is calculated."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from simulator.plan.model.courses import TimeSpan
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.closed_forms import KnownForm, forms_of
from simulator.plan.risk.long_run import MOST_OUTAGES, long_run_forms
from simulator.plan.risk.risk_table import ClosedForm
from simulator.plan.years.sampler import YEAR_NS, Sampler

_SITE_YEARS = 1_000
_FEWEST_YEARS = 20
_MOST_OUTAGES = 20_000
"""Where so much fails, a few years say enough."""


class UsualYears(msgspec.Struct, frozen=True):
    """What the table says beside risks, by site: of years as they happen, and what is calculated.

    `outages` are how often a site is cut off in a year, `failover` and `off` are shares of time.
    """

    outages: dict[str, float]
    failover: dict[str, float]
    off: dict[str, float]
    closed_forms: dict[str, tuple[KnownForm, ...]]
    long_run: dict[str, tuple[ClosedForm, ...]]
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
                outages[site.name] += len(site.cuts) / years * YEAR_NS / network.horizon_ns
                failover[site.name] += _share(site.failover, years, network)
                off[site.name] += _share(site.off, years, network)
        forms = {site: tuple(forms_of(network, site)) for site in network.sites}
        long_run = _long_run(network, sampler.seed, forms)
        return cls(outages, failover, off, forms, long_run, Bounds(network, sampler))


def _long_run(
    network: PlannedNetwork, seed: int, forms: Mapping[str, tuple[KnownForm, ...]]
) -> dict[str, tuple[ClosedForm, ...]]:
    """Drawn once for sites that are alike, and no longer for many than for one."""
    alike = {known: site for site, known in forms.items() if known}
    most = MOST_OUTAGES // max(1, len(alike))
    drawn = {
        known: tuple(long_run_forms(network, site, seed, most_outages=most))
        for known, site in alike.items()
    }
    return {site: drawn[known] for site, known in forms.items() if known}


def _share(spans: Iterable[TimeSpan], years: int, network: PlannedNetwork) -> float:
    return sum(span.lasts_ns for span in spans) / (years * network.horizon_ns)
