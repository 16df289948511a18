"""On which terms each node has its lease: those of the license file that it was made from."""

from licensing import events
from licensing.events import Entry, LicenseFileAccepted
from simulator.report.account.agents import Agents


class LeaseTerms:
    """A reader of the journal; by node the license file of its lease.

    A newer file of its CLA is none of its own before it has a lease by that, and a file of another
    CLA never is.
    """

    def __init__(self) -> None:
        self._agents = Agents()
        self._newest: dict[str, LicenseFileAccepted] = {}
        self._of_node: dict[str, LicenseFileAccepted] = {}

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._agents(entry)
        match entry.fact:
            case LicenseFileAccepted() as file:
                self._newest[entry.host] = file
            case events.LeaseInstalled():
                if newest := self._newest.get(self._agents.of(entry.host)):
                    self._of_node[entry.host] = newest

    def of(self, node: str) -> LicenseFileAccepted | None:
        """The file; None of a node that never had a lease."""
        return self._of_node.get(node)
