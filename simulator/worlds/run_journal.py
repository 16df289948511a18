"""The journal of one run: every fact once, in order, to every reader, and into the digest.

Readers (transcript, oracle, a file) see entries and nothing else; none looks into a machine.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from licensing.events import Entry, Event, Fact, RunEnded
from runtime.journal import encode_entry
from simulator.network.virtual_time import LONG_AGO_NS

Reader = Callable[[Entry], None]
Observer = Callable[[int], Sequence[Fact]]

_HASHED_AT_ONCE = 256
"""Lines, of which each alone would cost a call of its own."""


class RunJournal:
    """Keeps nothing: what must be kept, a reader keeps. `RunEnded` is the last entry.

    `observer` is asked, before time goes on to an instant, what it has to state of the one before:
    it stands there for all readers, as every other fact.
    `entries` counts the facts so far, `digest` is the SHA-256 over their canonical lines. A reader
    that raises ends the journal: `fail` is called, and later facts are not recorded.
    """

    def __init__(
        self,
        readers: Iterable[Reader],
        fail: Callable[[Exception], None],
        observer: Observer = lambda _: (),
    ) -> None:
        self._readers = list(readers)
        self._readers_of: dict[type[Event], list[Reader]] = {}
        self._fail = fail
        self._observer = observer
        self._now_ns = LONG_AGO_NS
        self._hash = hashlib.sha256()
        self._unhashed: list[bytes] = []
        self._ended = False
        self.entries = 0

    @property
    def now_ns(self) -> int:
        """The instant of the newest fact, in nanoseconds since the start."""
        return self._now_ns

    @property
    def digest(self) -> str:
        """What two runs have in common exactly when all their facts are the same."""
        self._hash_lines()
        return self._hash.hexdigest()

    def add_reader(self, reader: Reader, *kinds: type[Event]) -> None:
        """Show all later entries to `reader` too, or those with a fact of one of `kinds`.

        Who reads kinds comes before those who read all.
        """
        if not kinds:
            self._readers.append(reader)
        for kind in kinds:
            self._readers_of.setdefault(kind, []).append(reader)

    def record(self, at_ns: int, host: str, fact: Fact) -> None:
        """Append a fact of `host` at the instant `at_ns` (nanoseconds since the start)."""
        if at_ns > self._now_ns:
            self.observe(at_ns)
        self._append(Entry(at=at_ns, host=host, fact=fact))

    def observe(self, at_ns: int) -> None:
        """All instants before `at_ns` are over: append what there is to state of them."""
        if not self._ended and (all_seen := self._observer(at_ns)):
            for seen in all_seen:
                self._append(Entry(at=self._now_ns, host="world", fact=seen))

    def _append(self, entry: Entry) -> None:
        if self._ended:
            return
        fact, self._now_ns = entry.fact, entry.at
        self.entries += 1
        self._ended = isinstance(fact, RunEnded)
        self._unhashed.append(encode_entry(entry))
        if len(self._unhashed) == _HASHED_AT_ONCE:
            self._hash_lines()
        try:
            for reader in self._readers_of.get(type(fact), ()):
                reader(entry)
            for reader in self._readers:
                reader(entry)
        except Exception as error:  # noqa: BLE001 - it must not surface in the program that stated the fact
            self._ended = True
            self._fail(error)

    def _hash_lines(self) -> None:
        self._hash.update(b"".join(line + b"\n" for line in self._unhashed))
        self._unhashed.clear()
