"""Steps that change a communication system: its subscribers, its role, its configuration.

Whether the names in them exist is asked in `step_rules`, not here.
"""

from typing import Annotated, Self

from pydantic import model_validator

from licensing.addresses import ip_address
from licensing.catalogue import SUBSCRIBER_TYPES
from licensing.identifiers import ADVANCED_LOCKING_ID_INPUTS, advanced_locking_id
from licensing.words import Role
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Part, Request, Step
from simulator.scenario.values import CallNumber, Name, Reads, Sentence, YesOrNo, one_of, text


def _configured_address(value: object) -> str:
    """An IP address, as it is written: the Advanced Locking ID follows from its characters."""
    address = text(value)
    if ip_address(address) is None:
        raise Refused(f"{address} is no IP address such as 10.0.0.1")
    return address


ConfiguredAddress = Annotated[str, Reads(_configured_address, {"type": "string"})]
TypeName = Annotated[str, one_of("a subscriber type", SUBSCRIBER_TYPES)]


class AddSubscriber(Request):
    """A new subscriber, without licenses.

    Example: `add_subscriber: {node: hq, number: 160, type: ip-hfa}`
    """

    action = "add_subscriber"

    node: Name
    """Where. Example: `node: hq`"""

    number: CallNumber
    """A number that nobody has. Example: `number: 160`"""

    type: TypeName
    """What it is. Example: `type: ip-hfa`"""

    def what(self) -> str:
        """The subscriber in words: number, type and node."""
        return f"add subscriber {self.number} ({self.type}) at {self.node}"


class DeleteSubscriber(Request):
    """A subscriber goes; the licenses are released (manual 4.3.2).

    Example: `delete_subscriber: 160`
    """

    action = "delete_subscriber"
    sole = "number"

    number: CallNumber
    """The number. Example: `delete_subscriber: 160`"""

    def what(self) -> str:
        """The deletion in words."""
        return f"delete subscriber {self.number}"


class RetypeSubscriber(Request):
    """A call number becomes another type; what that cannot have is released (manual 4.3.2).

    From one IP telephone to another the IP license stays.
    Example: `retype_subscriber: {number: 160, to: sip}`
    """

    action = "retype_subscriber"

    number: CallNumber
    """The number. Example: `number: 160`"""

    to: TypeName
    """What it becomes. Example: `to: sip`"""

    def what(self) -> str:
        """The other type in words."""
        return f"retype subscriber {self.number} to {self.to}"


class RunWizard(Request):
    """Network Wizard: another role, with the enrolment at the CLA that the node uses then.

    `destroyed` answers what that CLA asks where the node had another key (F16).
    Example: `wizard: {node: north, role: slave, master: hq}`
    """

    action = "wizard"

    node: Name
    """Where it runs. Example: `node: north`"""

    role: Annotated[Role, one_of("a role", Role)]
    """What the node becomes. Example: `role: slave`"""

    master: Name | None = None
    """Of a slave, whose. Example: `master: hq`"""

    destroyed: YesOrNo | None = None
    """Whether the old hardware or its disk is destroyed. Example: `destroyed: yes`"""

    @model_validator(mode="after")
    def _only_slaves_have_a_master(self) -> Self:
        if self.role is Role.SLAVE and self.master is None:
            raise Refused("a slave needs its master: the key 'master' is missing")
        if self.role is not Role.SLAVE and self.master is not None:
            raise Refused(f"{self.role} nodes use their own CLA: leave `master` out")
        return self

    def what(self) -> str:
        """What the wizard makes of the node, in words."""
        master = f" of {self.master}" if self.master else ""
        gone = ", its old hardware is destroyed" if self.destroyed else ""
        return f"Network Wizard: {self.node} becomes {self.role}{master}{gone}"


class Forget(Request):
    """At the master: a node that cannot be asked is let in no more (F16).

    `master` is where that is done, by default the node that begins as the master.
    Example: `forget: {node: south, destroyed: yes}`
    """

    action = "forget"

    node: Name
    """Who is forgotten. Example: `node: south`"""

    destroyed: YesOrNo = False
    """Whether its hardware is destroyed: its seats are free at once then. Example: `destroyed:
    yes`"""

    master: Name | None = None
    """Where that is done. Example: `master: hq`"""

    def what(self) -> str:
        """What is forgotten, in words."""
        at = f" at {self.master}" if self.master else ""
        gone = ", its hardware is destroyed" if self.destroyed else ""
        return f"forget {self.node}{at}{gone}"


class Virtual(Part):
    """Configuration of an S in a virtual environment: its Advanced Locking ID follows from it."""

    host_name: Sentence
    """Name of the virtual machine. Example: `host_name: hq`"""

    ip_address: ConfiguredAddress
    """Its address. Example: `ip_address: 10.0.0.1`"""

    default_gateway: ConfiguredAddress
    """Its gateway. Example: `default_gateway: 10.0.0.254`"""

    dns_server: ConfiguredAddress
    """Its name server. Example: `dns_server: 10.0.0.53`"""

    time_zone: Sentence
    """Its time zone. Example: `time_zone: Europe/Berlin`"""

    @property
    def locking_id(self) -> str:
        """The Advanced Locking ID (domain.md 1)."""
        values = (value for _, value in self)
        names = zip(ADVANCED_LOCKING_ID_INPUTS, values, strict=True)
        return advanced_locking_id(dict(names))


class Reconfigure(Step):
    """Another value in the configuration of a virtual S: its Advanced Locking ID changes.

    The software of the host is stopped in order, and starts with the new configuration.
    Example: `reconfigure: {node: hq, dns_server: 10.0.0.54}`
    """

    action = "reconfigure"

    node: Name
    """The virtual S. Example: `node: hq`"""

    host_name: Sentence | None = None
    """Its new name. Example: `host_name: hq-2`"""

    ip_address: ConfiguredAddress | None = None
    """Its new address. Example: `ip_address: 10.0.0.2`"""

    default_gateway: ConfiguredAddress | None = None
    """Its new gateway. Example: `default_gateway: 10.0.0.253`"""

    dns_server: ConfiguredAddress | None = None
    """Its new name server. Example: `dns_server: 10.0.0.54`"""

    time_zone: Sentence | None = None
    """Its new time zone. Example: `time_zone: Europe/Paris`"""

    @property
    def changes(self) -> dict[str, str]:
        """The new values by the names of the old."""
        values = ((key, getattr(self, key)) for key in Virtual.model_fields)
        return {key: value for key, value in values if value is not None}

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            raise Refused(f"say what changes: {', '.join(Virtual.model_fields)}")
        return self

    def __str__(self) -> str:
        changes = (f"{key.replace('_', ' ')} {value}" for key, value in self.changes.items())
        return f"reconfigure {self.node}: {', '.join(changes)}"


SYSTEM_STEPS: tuple[type[Step], ...] = (
    AddSubscriber,
    DeleteSubscriber,
    RetypeSubscriber,
    RunWizard,
    Forget,
    Reconfigure,
)
