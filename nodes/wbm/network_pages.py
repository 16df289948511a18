"""What the pages of the internetwork show: the Network Wizard, and the nodes of the central CLA."""

from collections.abc import Mapping

from licensing.signing import VerificationKey
from nodes.system import CommunicationSystem
from nodes.wbm.asked import Asked, PageFacts, ShownPage
from nodes.wbm.network_forms import FORGET_PAGE, NODES_PAGE, WIZARD_PATH


class NetworkPages:
    """Pages by their path; each has a template and facts for it."""

    def __init__(self, system: CommunicationSystem) -> None:
        self._system = system
        self.by_path: Mapping[str, ShownPage] = {
            WIZARD_PATH: ("network_wizard.html", self._network_wizard),
            "/network-wizard/leave": ("leave.html", self._leave),
            NODES_PAGE: ("nodes.html", self._nodes),
            FORGET_PAGE: ("forget.html", self._forget),
        }

    async def _network_wizard(self, _: Asked) -> PageFacts:
        public_key = self._system.books.public_key
        return {
            "public_key": public_key,
            "fingerprint": VerificationKey(public_key).fingerprint,
            "held": await self._held(),
            "has_agent": self._system.settings.has_agent,
        }

    async def _leave(self, _: Asked) -> PageFacts:
        return {"held": await self._held(), "has_agent": self._system.settings.has_agent}

    async def _nodes(self, _: Asked) -> PageFacts:
        return {}

    async def _forget(self, asked: Asked) -> PageFacts:
        return {"chosen": asked.query.get("node", "")}

    async def _held(self) -> int:
        """How many licenses this node holds."""
        return sum(row.granted for row in (await self._system.licenses()).rows)
