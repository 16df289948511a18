"""Why things were so, at every instant: the chains that `explain` prints, recorded as they grow."""

from collections.abc import Iterator, Mapping

from licensing import events
from licensing.events import Entry
from simulator.report.explain.absence import ENDS_OF_ALL_SESSIONS, why_away, why_state
from simulator.report.explain.cause_book import Holder
from simulator.report.explain.causes import Causes
from simulator.report.explain.reason import Reason
from simulator.stage.recording import Recording, RecordingKey


class ReasonsReader:
    """A reader of the journal; the recording has a `Reason` by `(kind, name)`.

    Kinds are `node` for why a node is in its state, `call` for why the last call of a number was
    refused, `license` for what is red at a node, `reserved` by node, `over-use` by license. None is
    where it is no longer so.
    """

    def __init__(self) -> None:
        self._causes = Causes()
        self.recording: Recording[Reason | None] = Recording()

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        self._causes(entry)
        for key, reason in self._concerned(entry):
            if self.recording.now.get(key) != reason:
                self.recording.change(entry.at, key, reason)

    def _concerned(self, entry: Entry) -> Iterator[tuple[RecordingKey, Reason | None]]:
        book, host = self._causes.book, entry.host
        yield ("node", host), why_state(book, host)
        match entry.fact:
            case events.CallAnswered(source=number):
                yield ("call", number), book.calls.get(number)
            case events.AssignmentsChanged(changes=changes):
                keys = {change.license for change in changes}
                for license_key in sorted(keys):
                    red = _first(book.licenses, host, license_key)
                    yield ("license", host, license_key), red
            case events.OverUseChanged(license=license_key):
                yield ("over-use", license_key), book.over_use.get(license_key)
        for node in self._concerned_nodes(entry):
            yield ("reserved", node), why_away(book, host, node)

    def _concerned_nodes(self, entry: Entry) -> Iterator[str]:
        """Those of which the CLA has said something; all where it was interrupted."""
        if isinstance(entry.fact, ENDS_OF_ALL_SESSIONS):
            yield from self._causes.book.held.nodes(entry.host)
        elif node := getattr(entry.fact, "node", ""):
            yield str(node)


def _first(licenses: Mapping[Holder, Reason], host: str, license_key: str) -> Reason | None:
    """Why the first of its holders at a node that wants the license does not have it."""
    wanted = (host, license_key)
    found = (why for (at, _, key), why in licenses.items() if (at, key) == wanted)
    return next(found, None)
