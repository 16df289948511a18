"""The map of an internetwork colored by risk: what each site's chance of an emergency is."""

from collections.abc import Mapping

from simulator.plan.risk.risk_table import Estimate
from simulator.plan.risk.words import level, shortly
from simulator.report.pages.internetwork_map import InternetworkMap, drawn_map
from simulator.scenario import Internetwork
from simulator.worlds.installation import network_facts


def risk_map(internetwork: Internetwork, sites: Mapping[str, Estimate]) -> InternetworkMap:
    """The map; a site of which nothing is known is drawn without a color."""
    return drawn_map(
        {name: node.role for name, node in internetwork.nodes.items()},
        network_facts(internetwork),
        {name: _shown(sites.get(name)) for name in internetwork.nodes},
        {},
    )


def _shown(risk: Estimate | None) -> tuple[str, str]:
    return (f"risk-{level(risk)}", shortly(risk)) if risk else ("risk-unknown", "")
