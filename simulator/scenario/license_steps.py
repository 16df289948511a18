"""Steps that a technician does at a WBM or at the license server (manual 4.3, 4.4).

Whether the names in them exist is asked in `step_rules`, not here.
"""

from typing import Annotated

from licensing.catalogue import LICENSES
from simulator.scenario.step import EVERY_NODE, Part, Step
from simulator.scenario.values import CallNumber, Name, Sentence, one_of

License = Annotated[str, one_of("a license", LICENSES)]


class Registration(Part):
    """Registration data, to be entered before online activation (manual 4.3)."""

    company: Sentence
    contact: Sentence


class Activate(Step):
    """Activate online what the order `lac` bought."""

    action = "activate"
    node: Name
    lac: Name
    registration: Registration

    def __str__(self) -> str:
        return f"activate {self.lac} at {self.node} for {self.registration.company}"


class Relicense(Step):
    """Fetch and activate a newly issued network file (F4)."""

    action = "relicense"
    node: Name

    def __str__(self) -> str:
        return f"relicense at {self.node}"


class Unlock(Step):
    """Check and unlock at `node`, or at every node in file order."""

    action = "unlock"
    sole = "node"
    node: Name

    @property
    def everywhere(self) -> bool:
        """Whether every node is meant."""
        return self.node == EVERY_NODE

    def __str__(self) -> str:
        return f"check and unlock at {'every node' if self.everywhere else self.node}"


class Assign(Step):
    """Tick a license for a call number."""

    action = "assign"
    number: CallNumber
    license: License

    def __str__(self) -> str:
        return f"assign {self.license} to {self.number}"


class Unassign(Step):
    """Take a tick back."""

    action = "unassign"
    number: CallNumber
    license: License

    def __str__(self) -> str:
        return f"unassign {self.license} from {self.number}"


LICENSE_STEPS: tuple[type[Step], ...] = (Activate, Relicense, Unlock, Assign, Unassign)
