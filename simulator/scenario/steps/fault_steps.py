"""Steps that happen to links, machines and clocks.

Whether the names in them exist is asked in `step_rules`, not here.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from simulator.scenario.diagnostics import Refused
from simulator.scenario.locking_ids import LockingId
from simulator.scenario.moments import PastInstant
from simulator.scenario.step import Step
from simulator.scenario.values import (
    BitRate,
    Duration,
    Name,
    Percent,
    SignedDuration,
    bandwidth_in_words,
    duration_in_words,
    one_of,
)

LOST, FULL, FREED = "lost", "full", "freed"
DISK_STATES = (LOST, FULL, FREED)


class Cut(Step):
    """Cut a link in both directions.

    Example: `cut: hq-north`
    """

    action = "cut"
    sole = "link"

    link: Name
    """The link. Example: `cut: hq-north`"""

    def __str__(self) -> str:
        return f"cut {self.link}"


class CutOneWay(Step):
    """Cut the direction that leads from one end of a link to the other.

    The link is the one that joins `from` and `to`, or the one that is named.
    Example: `cut_one_way: {from: north, to: hq}`
    """

    action = "cut_one_way"

    link: Name | None = None
    """The link, in place of `to`, where several join the same ends. Example: `link: lte`"""

    from_host: Name = Field(validation_alias="from")
    """The end from which nothing arrives any more. Example: `from: north`"""

    to_host: Name | None = Field(default=None, validation_alias="to")
    """The other end, where one link joins both. Example: `to: hq`"""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.link is None) == (self.to_host is None):
            raise Refused("`cut_one_way` says `from` and `to`, or `link` and `from`")
        return self

    def __str__(self) -> str:
        if self.to_host:
            return f"cut one way from {self.from_host} to {self.to_host}"
        return f"cut {self.link} one way from {self.from_host}"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """Where it leads `to`, or which `link` it is."""
        return {"oneOf": [{"required": ["to"]}, {"required": ["link"]}]}


class Heal(Step):
    """Heal a link in both directions of every cut, drop and refusal.

    Example: `heal: hq-north`
    """

    action = "heal"
    sole = "link"

    link: Name
    """The link. Example: `heal: hq-north`"""

    def __str__(self) -> str:
        return f"heal {self.link}"


class Drop(Step):
    """Lose what is sent over a link for good, until it is healed; its connections are dead there.

    Example: `drop: hq-north`
    """

    action = "drop"
    sole = "link"

    link: Name
    """The link. Example: `drop: hq-north`"""

    def __str__(self) -> str:
        return f"drop what is sent over {self.link}"


class Refuse(Step):
    """Refuse new connections over a link until it is healed; those that are open stay.

    Example: `refuse: hq-north`
    """

    action = "refuse"
    sole = "link"

    link: Name
    """The link. Example: `refuse: hq-north`"""

    def __str__(self) -> str:
        return f"refuse new connections over {self.link}"


class Fail(Step):
    """A router or a cloud fails: nothing gets through it until it is repaired.

    Example: `fail: mpls`
    """

    action = "fail"
    sole = "transit"

    transit: Name
    """The router or cloud. Example: `fail: mpls`"""

    def __str__(self) -> str:
        return f"fail {self.transit}"


class Repair(Step):
    """A router or a cloud that failed works again.

    Example: `repair: mpls`
    """

    action = "repair"
    sole = "transit"

    transit: Name
    """The router or cloud. Example: `repair: mpls`"""

    def __str__(self) -> str:
        return f"repair {self.transit}"


class Reset(Step):
    """Reset the connections that are open over a link; new ones are as before.

    Example: `reset: hq-north`
    """

    action = "reset"
    sole = "link"

    link: Name
    """The link. Example: `reset: hq-north`"""

    def __str__(self) -> str:
        return f"reset the connections over {self.link}"


class Latency(Step):
    """Give a link another latency, such as `200 ms`.

    Example: `latency: {link: hq-north, to: 200 ms}`
    """

    action = "latency"

    link: Name
    """The link. Example: `link: hq-north`"""

    to: Duration
    """Its latency from now on. Example: `to: 200 ms`"""

    def __str__(self) -> str:
        return f"latency of {self.link} becomes {duration_in_words(self.to)}"


class Bandwidth(Step):
    """Give a link another bandwidth, such as `64 kbit/s`; what waits for its turn feels it.

    Example: `bandwidth: {link: hq-north, to: 64 kbit/s}`
    """

    action = "bandwidth"

    link: Name
    """The link. Example: `link: hq-north`"""

    to: BitRate
    """Its bandwidth from now on. Example: `to: 64 kbit/s`"""

    def __str__(self) -> str:
        return f"bandwidth of {self.link} becomes {bandwidth_in_words(self.to)}"


class Loss(Step):
    """Lose a part of what open connections send over a link; TCP repeats it. `0` ends it.

    Example: `loss: {link: hq-north, percent: 10}`
    """

    action = "loss"

    link: Name
    """The link. Example: `link: hq-north`"""

    percent: Percent
    """How much is lost, in whole percent up to 90. Example: `percent: 10`"""

    def __str__(self) -> str:
        return f"loss of {self.percent} % on {self.link}"


class Crash(Step):
    """Power cut at a node's host.

    Example: `crash: north`
    """

    action = "crash"
    sole = "node"

    node: Name
    """The node. Example: `crash: north`"""

    def __str__(self) -> str:
        return f"crash {self.node}"


class Start(Step):
    """Power returns at a node's host.

    Example: `start: north`
    """

    action = "start"
    sole = "node"

    node: Name
    """The node. Example: `start: north`"""

    def __str__(self) -> str:
        return f"start {self.node}"


class Freeze(Step):
    """Stall all programs of a node's host, which do not know it; its clock runs on.

    Example: `freeze: north`
    """

    action = "freeze"
    sole = "node"

    node: Name
    """The node. Example: `freeze: north`"""

    def __str__(self) -> str:
        return f"freeze {self.node}"


class Thaw(Step):
    """Let the programs of a frozen host go on.

    Example: `thaw: north`
    """

    action = "thaw"
    sole = "node"

    node: Name
    """The node. Example: `thaw: north`"""

    def __str__(self) -> str:
        return f"thaw {self.node}"


class ClockStep(Step):
    """Set a host's wall clock forward or back, such as `-1 h`.

    Example: `clock: {node: north, by: -1 h}`
    """

    action = "clock"

    node: Name
    """Whose host it is. Example: `node: north`"""

    by: SignedDuration
    """How far; the sign is a must. Example: `by: -1 h`"""

    def __str__(self) -> str:
        direction = "back" if self.by < 0 else "forward"
        return f"set the clock of {self.node} {direction} by {duration_in_words(abs(self.by))}"


class ReplaceHardware(Step):
    """Another mainboard with the same disk: the host has another Locking ID (domain.md 1).

    Its software is stopped in order, and starts on the new hardware.
    Example: `replace_hardware: {node: hq, locking_id: 00-1A-E8-4C-00-09}`
    """

    action = "replace_hardware"

    node: Name
    """The node. Example: `node: hq`"""

    locking_id: LockingId
    """That of the new mainboard. Example: `locking_id: 00-1A-E8-4C-00-09`"""

    def __str__(self) -> str:
        return f"replace the hardware of {self.node}: its Locking ID becomes {self.locking_id}"


class Disk(Step):
    """The disk of a node's host is lost (an empty one takes its place), full, or freed again.

    Or the backup of an earlier instant is put back. For a lost disk and a backup the power fails,
    and what had power has it again on the other disk.
    Example: `disk: {node: north, is: lost}`
    """

    action = "disk"

    node: Name
    """Whose disk it is. Example: `node: north`"""

    state: Annotated[str, one_of("what a disk can be", DISK_STATES)] | None = Field(
        default=None, validation_alias="is"
    )
    """`lost`: an empty one takes its place; `full`, or `freed` again. Example: `is: full`"""

    restored_from: PastInstant | None = None
    """When the backup was made that is put back. Example: `restored_from: day 3 08:00`"""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.state is None) == (self.restored_from is None):
            states = ", ".join(DISK_STATES)
            raise Refused(f"a disk `is` one of {states}, or is `restored_from` an earlier instant")
        return self

    def __str__(self) -> str:
        if self.restored_from:
            return f"disk of {self.node} restored from {self.restored_from}"
        return f"disk of {self.node} is {self.state}"

    @classmethod
    def further_form(cls) -> JsonSchemaValue:
        """Either what it `is`, or where it is `restored_from`."""
        return {"oneOf": [{"required": ["is"]}, {"required": ["restored_from"]}]}


FAULT_STEPS: tuple[type[Step], ...] = (
    Cut,
    CutOneWay,
    Drop,
    Refuse,
    Reset,
    Heal,
    Fail,
    Repair,
    Latency,
    Bandwidth,
    Loss,
    Crash,
    Start,
    Freeze,
    Thaw,
    ClockStep,
    ReplaceHardware,
    Disk,
)
