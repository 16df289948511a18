"""On which host the central CLA of each node is, as its Network Wizard has written on its disk."""

from licensing import events
from licensing.events import Entry


class Agents:
    """A reader of the journal; by node the host of its CLA, its own until its wizard has run.

    A disk that is put back has what the wizard wrote by then, an empty one nothing.
    """

    def __init__(self) -> None:
        self.of_node: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._saved: dict[tuple[str, int | None], str] = {}

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        match entry.fact:
            case events.RunBegan(nodes=nodes):
                self.of_node = {name: name for name in nodes}
                self._hosts = {_ip(node.address): name for name, node in nodes.items()}
            case events.WizardCompleted(master_address=address):
                self.of_node[entry.host] = self._hosts.get(_ip(address), entry.host)
            case events.DiskSaved():
                self._saved[entry.host, entry.at] = self.of(entry.host)
            case events.DiskReplaced(saved_ns=saved_ns):
                self.of_node[entry.host] = self._saved.get((entry.host, saved_ns), entry.host)

    def is_used(self, host: str) -> bool:
        """Whether some node uses the CLA on a host."""
        return host in self.of_node.values()

    def of(self, node: str) -> str:
        """The host of its CLA."""
        return self.of_node.get(node, node)


def _ip(address: str) -> str:
    """`[fd00::1]:61740`, `10.0.0.1:61740` and a bare address without brackets and port."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
