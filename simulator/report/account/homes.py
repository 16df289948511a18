"""On which node each call number is, as subscribers are added, deleted and retyped."""

from licensing import events
from licensing.events import Entry


class Homes:
    """A reader of the journal; by call number the node of that subscriber."""

    def __init__(self) -> None:
        self.of_number: dict[str, str] = {}

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        match entry.fact:
            case events.RunBegan(nodes=nodes):
                self.of_number = {n: name for name, node in nodes.items() for n in node.subscribers}
            case events.SubscriberChanged(number=number, after=""):
                self.of_number.pop(number, None)
            case events.SubscriberChanged(number=number):
                self.of_number[number] = entry.host

    def of(self, number: str) -> str:
        """Its node, "" of nobody in the internetwork."""
        return self.of_number.get(number, "")
