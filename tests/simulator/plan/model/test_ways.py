"""The ways of a site: outages that nobody feels are left out, and change nothing."""

import pytest

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.model import ways as ways_of_sites
from simulator.plan.model.network import planned_network
from simulator.plan.model.ways import ways
from simulator.plan.years.sampler import Sampler
from simulator.scenario import load_scenario, parse_scenario

SITES = load_scenario(DIRECTORY / "thirty-sites-to-plan.yaml")
YEARS = 4


@pytest.mark.parametrize("convergence", ["0 s", "3 h"])
def test_what_is_not_felt_changes_nothing(
    convergence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closures and round trips of thirty sites are the same as with every change looked at."""
    data = SITES.document.data if SITES.document else {}
    internetwork = data["internetwork"] | {"convergence": convergence}
    network = planned_network(parse_scenario(data | {"internetwork": internetwork}))
    sampler = Sampler(network.reliability, 5)
    years = [sampler.year(number).outages for number in range(YEARS)]
    found = [ways(network, site, outages) for outages in years for site in network.sites]
    monkeypatch.setattr(ways_of_sites, "_felt", lambda outages, *_: outages)
    assert found == [ways(network, site, outages) for outages in years for site in network.sites]
    assert any(len(each.round_trips) > 1 for each in found)
