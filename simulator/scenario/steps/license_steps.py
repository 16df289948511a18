"""Steps that a technician does at the WBM with licenses (manual 4.3, 4.4).

Whether the names in them exist is asked in `step_rules`, not here.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from licensing.catalogue import LICENSES
from licensing.errors import ERRORS
from licensing.words import counted
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import EVERY_NODE, Part, Request, Step, refusal_code
from simulator.scenario.values import (
    Amount,
    CallNumber,
    ContactAddress,
    Name,
    Reads,
    Sentence,
    name,
    one_of,
)

LicenseKey = Annotated[str, one_of("a license", LICENSES)]


class _NamesEachLicense:
    """An editor knows the licenses, and not only that some number belongs to each."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        form = handler(schema)
        each = form.pop("additionalProperties")
        return form | {"properties": dict.fromkeys(LICENSES, each), "additionalProperties": False}


SeatsByLicense = Annotated[dict[LicenseKey, Amount], Field(min_length=1), _NamesEachLicense()]
"""How many of which licenses: at least one of any."""


_CODE_FORM: JsonSchemaValue = {"enum": [*ERRORS]}
_REFUSALS_FORM: JsonSchemaValue = {
    "anyOf": [_CODE_FORM, {"type": "object", "additionalProperties": _CODE_FORM}]
}


class Registration(Part):
    """Registration data, to be entered before online activation (manual 4.3)."""

    company: Sentence
    """Who uses the system. Example: `company: Example Ltd`"""

    contact: ContactAddress
    """An e-mail address or a telephone number. Example: `contact: it@example.com`"""


class Activate(Request):
    """Activate online what the order `lac` bought; also a further order, at any later time.

    Example: `activate: {node: hq, lac: LAC-1, registration: {company: Example Ltd, contact:
    it@example.com}}`
    """

    action = "activate"

    node: Name
    """The master, or a standalone system. Example: `node: hq`"""

    lac: Name
    """The name of the order. Example: `lac: LAC-1`"""

    registration: Registration
    """Registration data, to be entered before. Example: `registration: {company: Example Ltd,
    contact: it@example.com}`"""

    def what(self) -> str:
        """The activation in words: order, node and company."""
        return f"activate {self.lac} at {self.node} for {self.registration.company}"


class UploadLicenseFile(Request):
    """Offline activation: load the license file that an earlier step called `file`.

    Example: `upload_license_file: {node: hq, file: network-file}`
    """

    action = "upload_license_file"

    node: Name
    """Where it is loaded. Example: `node: hq`"""

    file: Name
    """The name that the earlier step gave it. Example: `file: network-file`"""

    def what(self) -> str:
        """The upload in words: file and node."""
        return f"upload license file {self.file} at {self.node}"


class Relicense(Request):
    """Fetch and activate a newly issued network file (F4).

    Example: `relicense: {node: hq}`
    """

    action = "relicense"

    node: Name
    """The master. Example: `node: hq`"""

    def what(self) -> str:
        """The relicensing in words."""
        return f"relicense at {self.node}"


class RequestRelicensing(Request):
    """A technician downloads a relicensing request at the master, to carry it away (F15).

    Example: `relicensing_request: {node: hq, as: asked}`
    """

    action = "relicensing_request"

    node: Name
    """The master. Example: `node: hq`"""

    request: Name = Field(validation_alias="as")
    """The name by which a later step uses it. Example: `as: asked`"""

    def what(self) -> str:
        """The download in words: where, and the request's name."""
        return f"relicensing request of {self.node} as {self.request}"


def _refusals(value: object) -> str | dict[str, str]:
    if isinstance(value, Mapping):
        return {name(node): refusal_code(code) for node, code in value.items()}
    return refusal_code(value)


class Unlock(Request):
    """Check and unlock at `node`, or at every node in file order: `unlock: all`.

    A node that cannot reach its central CLA, or has no answer of it, fails nothing; that can be
    expected, here as the refusal `agent-unreachable`, or later as a `demand`.
    Example: `unlock: all`
    """

    action = "unlock"
    sole = "node"

    node: Name
    """A node, or `all`. Example: `unlock: north`"""

    refused: Annotated[str | dict[str, str], Reads(_refusals, _REFUSALS_FORM)] | None = None  # type: ignore[assignment]  # by node, too
    """The refusal that must come, of `all` the one of each node that is named, or of all that are
    refused. Example: `{unlock: all, refused: {north: agent-unreachable}}`"""

    @model_validator(mode="after")
    def _names_nodes_of_all(self) -> Self:
        if isinstance(self.refused, dict) and not self.everywhere:
            raise Refused("one node is asked: write its refusal alone, `refused: CODE`")
        return self

    @property
    def expectation(self) -> str:
        """The refusal that must come, or that of each node that is named."""
        if isinstance(self.refused, dict):
            by_node = ", ".join(f"{code} at {node}" for node, code in self.refused.items())
            return f"refused: {by_node}"
        return super().expectation

    @property
    def everywhere(self) -> bool:
        """Whether every node is meant."""
        return self.node == EVERY_NODE

    def what(self) -> str:
        """The check and unlock in words: which node, or every one."""
        return f"check and unlock at {'every node' if self.everywhere else self.node}"


class _Tick(Request):
    """What is ticked: a subscriber's license, a trunk's channels or a node's system license."""

    number: CallNumber | None = None
    """A call number that has the license. Example: `number: 150`"""

    node: Name | None = None
    """A node that has a system license, or the one that has the `trunk`. Example: `node: north`"""

    trunk: Name | None = None
    """A trunk, whose channels are meant. Example: `trunk: s2m-1`"""

    license: LicenseKey | None = None
    """The license; a trunk takes that of its kind. Example: `license: voicemail`"""

    @model_validator(mode="after")
    def _names_one_holder(self) -> Self:
        holders = [self.number, self.trunk or self.node]
        if sum(holder is not None for holder in holders) != 1:
            raise Refused(f"`{self.action}` names one holder: `number`, `trunk` or `node`")
        if (self.license is None) != (self.trunk is not None):
            raise Refused(
                "a trunk takes the license of its kind: leave `license` out"
                if self.trunk
                else "the key 'license' is missing"
            )
        return self

    @property
    def holder(self) -> str:
        """Who gets it, in words."""
        if self.trunk:
            return f"{self.trunk} of {self.node}" if self.node else self.trunk
        return self.number or self.node or ""


class Assign(_Tick):
    """Tick a license for a call number or a node, or `channels` of a trunk.

    Example: `assign: {number: 150, license: voicemail}`
    """

    action = "assign"

    channels: Amount | None = None
    """How many channels of the trunk. Example: `channels: 4`"""

    @model_validator(mode="after")
    def _counts_channels_of_trunks(self) -> Self:
        if (self.channels is None) != (self.trunk is None):
            raise Refused("`trunk` and `channels` stand together: so many channels are ticked")
        return self

    def what(self) -> str:
        """The assignment in words: what, and to whom."""
        ticked = counted(self.channels or 0, "channel") if self.trunk else self.license
        return f"assign {ticked} to {self.holder}"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """Who has the license: one holder by number and license, or a trunk."""
        return _holders(["trunk", "channels"])


class Unassign(_Tick):
    """Take a tick back; of a trunk, that of all its channels.

    Example: `unassign: {number: 150, license: voicemail}`
    """

    action = "unassign"

    def what(self) -> str:
        """The release in words: what, and from whom."""
        return f"unassign {'all channels' if self.trunk else self.license} from {self.holder}"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """From whom: one holder by number and license, or a trunk."""
        return _holders(["trunk"])


def _holders(trunk: list[str]) -> JsonSchemaValue:
    forms = (["number", "license"], ["node", "license"], trunk)
    return {"oneOf": [{"required": keys} for keys in forms]}


LICENSE_STEPS: tuple[type[Step], ...] = (
    Activate,
    UploadLicenseFile,
    Relicense,
    RequestRelicensing,
    Unlock,
    Assign,
    Unassign,
)
