"""A recording: values by key as they were at every instant, in bounded memory.

Pure. The present is the sum of all changes, the past the sum of the earlier ones: there is no other
way to make either.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")
RecordingKey = tuple[str, ...]

MOST_RECORDED = 60_000
"""So many are kept; with one more the older half is forgotten."""

_BETWEEN_FRAMES = 250
"""Changes from one whole state that is kept to the next: what a look at the past adds up."""


class _Change(NamedTuple, Generic[Value]):
    key: RecordingKey
    value: Value


class Recording(Generic[Value]):
    """What was when; `now` is the present, `began_ns` since when anything is known."""

    def __init__(self, most_changes: int = MOST_RECORDED) -> None:
        self._most = most_changes
        self._instants_ns: list[int] = []
        self._changes: list[_Change[Value]] = []
        self._frames: list[Mapping[RecordingKey, Value]] = [{}]
        self.now: dict[RecordingKey, Value] = {}
        self.began_ns = 0

    def __len__(self) -> int:
        """How many changes are kept."""
        return len(self._changes)

    def change(self, at_ns: int, key: RecordingKey, value: Value) -> None:
        """From `at_ns` on, which is not before any earlier change, `key` has this value."""
        self._instants_ns.append(at_ns)
        self._changes.append(_Change(key, value))
        self.now[key] = value
        if len(self._changes) % _BETWEEN_FRAMES == 0:
            self._frames.append(dict(self.now))
            if len(self._changes) > self._most:
                self._forget()

    def at(self, at_ns: int) -> Mapping[RecordingKey, Value]:
        """All values at an instant, with all that had changed in it; of none that is forgotten."""
        changed = bisect_right(self._instants_ns, at_ns)
        frame, rest = divmod(changed, _BETWEEN_FRAMES)
        state = dict(self._frames[frame])
        for change in self._changes[changed - rest : changed]:
            state[change.key] = change.value
        return state

    def _forget(self) -> None:
        """The older half; what was then is the beginning from now on."""
        frames = len(self._frames) // 2
        changes = frames * _BETWEEN_FRAMES
        self.began_ns = self._instants_ns[changes - 1]
        del self._instants_ns[:changes], self._changes[:changes], self._frames[:frames]
