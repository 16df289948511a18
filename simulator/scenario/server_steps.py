"""Steps at the license server: orders, and the offline way to license files (manual 4.3.1, 4.4).

Each but `purchase` makes a file and gives it a name, by which later steps use it. A Locking ID may
be given by the name of the node that has it.
"""

from typing import Annotated

from pydantic import Field

from simulator.scenario.license_steps import Registration
from simulator.scenario.locking_ids import is_locking_id, read_locking_id
from simulator.scenario.order import Order
from simulator.scenario.step import Request, Step
from simulator.scenario.values import Name, Reads, form_of_text, name, text


def _system(value: object) -> str:
    written = text(value)
    return read_locking_id(written) if is_locking_id(written) else name(written)


SystemName = Annotated[str, Reads(_system, form_of_text("hq"))]
"""A node of the scenario, or a Locking ID."""


class Purchase(Request):
    """Orders are placed; each gets its LAC, by whose name later steps use it."""

    action = "purchase"
    sole = "orders"
    sole_is_mapping = True
    orders: Annotated[dict[Name, Order], Field(min_length=1)]

    def what(self) -> str:
        """The purchase in words: its orders."""
        return f"purchase {', '.join(self.orders)}"


class Issue(Request):
    """A technician enters LAC and Locking ID at the license server and downloads the file."""

    action = "issue"
    lac: Name
    system: SystemName = Field(validation_alias="for")
    registration: Registration
    file: Name = Field(validation_alias="as")

    def what(self) -> str:
        """The issue in words: order, Locking ID or node, and the file's name."""
        return f"issue {self.lac} for {self.system} as {self.file}"


class Combine(Request):
    """One network license file of the files of separate nodes, bound to one of them."""

    action = "combine"
    files: Annotated[tuple[Name, ...], Field(min_length=1)]
    system: SystemName = Field(validation_alias="for")
    file: Name = Field(validation_alias="as")

    def what(self) -> str:
        """The combining in words: the files, whose Locking ID, and the new file's name."""
        return f"combine {', '.join(self.files)} for {self.system} as {self.file}"


class Rehost(Request):
    """The license file of one Locking ID, bound to another from now on.

    Of a node, `from` is the Locking ID that its present license file is bound to.
    """

    action = "rehost"
    source: SystemName = Field(validation_alias="from")
    system: SystemName = Field(validation_alias="for")
    file: Name = Field(validation_alias="as")

    def what(self) -> str:
        """The rehosting in words: from where, to where, and the file's name."""
        return f"rehost {self.source} for {self.system} as {self.file}"


class RelicenseByFile(Request):
    """A technician brings a relicensing request and downloads the answer, to be loaded (F15)."""

    action = "relicense_by_file"
    request: Name
    file: Name = Field(validation_alias="as")

    def what(self) -> str:
        """The relicensing in words: the request, and the file's name."""
        return f"relicense by file {self.request} as {self.file}"


class ReleaseAgentKey(Request):
    """The operator forgets which CLA's key a Locking ID is bound to: its disk is lost (F18)."""

    action = "release_key"
    sole = "system"
    system: SystemName

    def what(self) -> str:
        """The release in words: whose key."""
        return f"release the key bound to {self.system}"


SERVER_STEPS: tuple[type[Step], ...] = (
    Purchase,
    Issue,
    Combine,
    Rehost,
    RelicenseByFile,
    ReleaseAgentKey,
)
