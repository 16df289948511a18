"""A run in progress: what a step finds, and what the steps before it have left."""

import asyncio
from dataclasses import dataclass, field

from simulator.programs import Programs, known_name
from simulator.scenario import Scenario, Step
from simulator.world import World


@dataclass
class Running:
    """The world of a run and its programs; `tasks` are those that outlive their step.

    `lacs` are the license authorization codes by the names of the orders, `ticked` the nodes whose
    lists of licenses have been ticked, `node_of` says where each call number is.
    """

    scenario: Scenario
    world: World
    programs: Programs
    tasks: asyncio.TaskGroup
    lacs: dict[str, str]
    node_of: dict[str, str] = field(init=False)
    ticked: set[str] = field(default_factory=set)
    cut_links: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        nodes = self.scenario.internetwork.nodes.items()
        self.node_of = {number: name for name, node in nodes for number in node.numbers()}

    def host(self, name: str) -> str:
        """A host of the scenario; raises `ValueError`."""
        return known_name("node", name, self.world.installation.hosts)

    def link(self, name: str) -> str:
        """A link by its name, or by its ends the other way round; raises `ValueError`."""
        known = self.scenario.internetwork.link_named(name)
        return known or known_name("link", name, self.scenario.internetwork.links)

    def node_with(self, number: str) -> str:
        """The node that has a subscriber; raises `ValueError`."""
        return self.node_of[known_name("subscriber", number, self.node_of)]


def place_of(step: Step) -> str:
    """`file:line` of a step, "" for one made in Python."""
    return f"{step.place[0]}:{step.place[1]}" if step.place else ""
