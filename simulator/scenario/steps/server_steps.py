"""Steps at the license server: orders, and the offline way to license files (manual 4.3.1, 4.4).

Each but `purchase` makes a file and gives it a name, by which later steps use it. A Locking ID may
be given by the name of the node that has it.
"""

import re
from typing import Annotated

from pydantic import Field

from simulator.scenario.locking_ids import is_locking_id, read_locking_id
from simulator.scenario.step import Request, Step
from simulator.scenario.steps.license_steps import Registration
from simulator.scenario.steps.order import Order
from simulator.scenario.values import Name, Reads, form_of_text, name, text

_LIKE_A_LOCKING_ID = re.compile(r"[0-9A-Za-z]{2}([-:.][0-9A-Za-z]{2}){4,}")
"""Such as one with a slip of the pen in it."""


def system(value: object) -> str:
    """A node's name, or a Locking ID; raises `Refused`."""
    written = text(value)
    is_meant = is_locking_id(written) or _LIKE_A_LOCKING_ID.fullmatch(written)
    return read_locking_id(written) if is_meant else name(written)


SystemName = Annotated[str, Reads(system, form_of_text("hq"))]
"""A node of the scenario, or a Locking ID."""


class Purchase(Request):
    """Orders are placed; each gets its LAC, by whose name later steps use it.

    Example: `purchase: {LAC-3: {base: 1, ip: 2}}`
    """

    action = "purchase"
    sole = "orders"
    sole_is_mapping = True

    orders: Annotated[dict[Name, Order], Field(min_length=1)]
    """The orders by their names. Example: `purchase: {LAC-4: {licenses: {ip: 5}, valid_for: 90
    days}}`"""

    def what(self) -> str:
        """The purchase in words: its orders."""
        return f"purchase {', '.join(self.orders)}"


class Issue(Request):
    """A technician enters LAC and Locking ID at the license server and downloads the file.

    Example: `issue: {lac: LAC-1, for: hq, registration: {company: Example Ltd, contact:
    it@example.com}, as: hq-file}`
    """

    action = "issue"

    lac: Name
    """The name of the order. Example: `lac: LAC-1`"""

    system: SystemName = Field(validation_alias="for")
    """A node or a Locking ID, which the file is bound to. Example: `for: hq`"""

    registration: Registration
    """Registration data. Example: `registration: {company: Example Ltd, contact:
    it@example.com}`"""

    file: Name = Field(validation_alias="as")
    """The name by which later steps use the file. Example: `as: hq-file`"""

    def what(self) -> str:
        """The issue in words: order, Locking ID or node, and the file's name."""
        return f"issue {self.lac} for {self.system} as {self.file}"


class Combine(Request):
    """One network license file of the files of separate nodes, bound to one of them.

    Example: `combine: {files: [hq-file, north-file], for: hq, as: network-file}`
    """

    action = "combine"

    files: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The files, by the names that earlier steps gave them. Example: `files: [hq-file,
    north-file]`"""

    system: SystemName = Field(validation_alias="for")
    """A node or a Locking ID, which the new file is bound to. Example: `for: hq`"""

    file: Name = Field(validation_alias="as")
    """The name by which later steps use the new file. Example: `as: network-file`"""

    def what(self) -> str:
        """The combining in words: the files, whose Locking ID, and the new file's name."""
        return f"combine {', '.join(self.files)} for {self.system} as {self.file}"


class Rehost(Request):
    """The license file of one Locking ID, bound to another from now on.

    Of a node, `from` is the Locking ID that its present license file is bound to.
    Example: `rehost: {from: hq, for: 00-1A-E8-4C-00-09, as: moved}`
    """

    action = "rehost"

    source: SystemName = Field(validation_alias="from")
    """A node or a Locking ID, which the file was bound to. Example: `from: hq`"""

    system: SystemName = Field(validation_alias="for")
    """A node or a Locking ID, which it is bound to from now on. Example: `for:
    00-1A-E8-4C-00-09`"""

    file: Name = Field(validation_alias="as")
    """The name by which later steps use the file. Example: `as: moved`"""

    def what(self) -> str:
        """The rehosting in words: from where, to where, and the file's name."""
        return f"rehost {self.source} for {self.system} as {self.file}"


class RelicenseByFile(Request):
    """A technician brings a relicensing request and downloads the answer, to be loaded (F15).

    Example: `relicense_by_file: {request: asked, as: answer}`
    """

    action = "relicense_by_file"

    request: Name
    """The name that the earlier step gave the request. Example: `request: asked`"""

    file: Name = Field(validation_alias="as")
    """The name by which later steps use the answer. Example: `as: answer`"""

    def what(self) -> str:
        """The relicensing in words: the request, and the file's name."""
        return f"relicense by file {self.request} as {self.file}"


class ReleaseAgentKey(Request):
    """The operator forgets which CLA's key a Locking ID is bound to: its disk is lost (F18).

    Example: `release_key: hq`
    """

    action = "release_key"
    sole = "system"

    system: SystemName
    """A node or a Locking ID. Example: `release_key: hq`"""

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
