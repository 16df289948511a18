"""What is recorded, as plain values: a site, a link, a license, a step of the scenario.

Times are nanoseconds since the start of the run. A value holds until the next one of its key.
"""

from collections.abc import Mapping

import msgspec

from simulator.report.account.states import LinkState, SiteState


class SiteNow(msgspec.Struct, frozen=True):
    """A node with its host.

    `ends_ns` is when its running failover period ends, None while none runs; `used_ns` is what of
    the whole, `period_ns`, was used up at its last contact. `lit` has the text by number of each
    system telephone that does not show its idle display, `telephones` the numbers of all of them.
    `agent` is the host of its central CLA, its own until its wizard has run.
    """

    agent: str = ""
    state: SiteState = SiteState.ACTIVATION_PERIOD
    ends_ns: int | None = None
    period_ns: int | None = None
    used_ns: int = 0
    is_connected: bool = False
    telephones: tuple[str, ...] = ()
    lit: Mapping[str, str] = msgspec.field(default_factory=dict)
    call: str = ""
    """The last call that was placed here, and its outcome, in words."""
    must_relicense: bool = False
    """Of a central CLA: new demands are refused until relicensing (F6)."""


class LinkNow(msgspec.Struct, frozen=True):
    """A link, router or cloud. `cut` has the directions that carry nothing, as `from->to`."""

    state: LinkState = LinkState.UP
    cut: tuple[str, ...] = ()
    drops: bool = False
    refuses: bool = False
    loss_percent: int = 0
    latency_ns: int | None = None
    """None as declared, which `bandwidth_bit_s` is, too."""
    bandwidth_bit_s: int | None = None


class LicenseNow(msgspec.Struct, frozen=True):
    """A license by the books of one CLA (F9): who uses it, for whom it is reserved.

    With flexible licensing `lent` are its seats that stand in for other licenses, `borrowed` those
    of others that stand in for it (domain 2).
    """

    bought: int = 0
    free: int = 0
    in_use: Mapping[str, int] = msgspec.field(default_factory=dict)
    reserved: Mapping[str, int] = msgspec.field(default_factory=dict)
    lent: int = 0
    borrowed: int = 0


class StepNow(msgspec.Struct, frozen=True):
    """What came of a step of the scenario: `done`, `met`, `failed` or `refused`; why it was not."""

    outcome: str
    why: str = ""
