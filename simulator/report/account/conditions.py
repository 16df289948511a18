"""What a site and a link are at an instant, put together from the facts about them."""

import msgspec

from licensing import events
from licensing.words import NodeState
from simulator.report.account.states import LinkState, SiteState


class HostCondition(msgspec.Struct):
    """What a site's state is put together from."""

    status: NodeState = NodeState.ACTIVATION_PERIOD
    is_off: bool = False
    is_frozen: bool = False

    @property
    def state(self) -> SiteState:
        """Off and frozen hide the license status."""
        if self.is_off:
            return SiteState.OFF
        return SiteState.FROZEN if self.is_frozen else SiteState(self.status)

    def noted(self, fact: events.Fact) -> bool:
        """Whether `fact` is one of those that switch the host off or on, or let it stand still."""
        match fact:
            case events.HostStarted():
                self.is_off = self.is_frozen = False
            case events.HostCrashed() | events.HostStopped():
                self.is_off = True
            case events.HostFrozen():
                self.is_frozen = True
            case events.HostThawed():
                self.is_frozen = False
            case _:
                return False
        return True


class LinkCondition(msgspec.Struct):
    """What is in force on a link: a heal ends cuts and faults, and leaves the loss."""

    cut: set[str] = msgspec.field(default_factory=set)
    drops: bool = False
    refuses: bool = False
    loss_percent: int = 0

    @property
    def state(self) -> LinkState:
        """The worst of what is in force."""
        if self.cut:
            return LinkState.CUT if len(self.cut) > 1 else LinkState.ONE_WAY
        if self.drops:
            return LinkState.DROPPING
        return LinkState.IMPAIRED if self.refuses or self.loss_percent else LinkState.UP

    def noted(self, fact: events.Fact) -> bool:
        """Whether `fact` is one of those that change what a link carries."""
        match fact:
            case events.LinkCut(directions=directions):
                self.cut.update(directions)
            case events.LinkFaulted(fault="drop"):
                self.drops = True
            case events.LinkFaulted(fault="refuse"):
                self.refuses = True
            case events.LossChanged(loss_percent=loss_percent):
                self.loss_percent = loss_percent
            case events.LinkHealed():
                self.cut.clear()
                self.drops = self.refuses = False
            case _:
                return False
        return True
