"""One line for many steps: `cut: [a-b, c-d]`, `every: 30 min, times: 48`, and `for: 2 min`.

`for` takes back what a step does after so long. What a line makes later than itself stands where it
is due among the steps that are written below it; at one instant the order of the lines counts.
"""

import heapq
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from simulator.scenario.diagnostics import Problem, Refused
from simulator.scenario.document import Piece
from simulator.scenario.expansion.named_steps import steps_for_each
from simulator.scenario.expansion.taken_back import BACK, taken_back
from simulator.scenario.moments import Deadline, Instant, Moment, moment
from simulator.scenario.values import amount, duration

TIMELINE = "timeline"
AT = "at"
EVERY = "every"
TIMES = "times"
UNTIL = "until"
FOR = "for"
REPEATS: tuple[str, ...] = (EVERY, TIMES, UNTIL, FOR)
"""Keys that stand beside the action of any step."""

_MOST_STEPS = 100_000


def with_repeated_steps(root: Piece, problems: list[Problem]) -> Piece:
    """The scenario with a step of its own for everything that its timeline says in short."""
    timeline = root.entries().get(TIMELINE)
    if timeline is None or not isinstance(timeline.value, list):
        return root
    lines = [_line(step, index) for index, step in enumerate(timeline.value)]
    made = [_Made(line, root, problems) for line in lines]
    if sum(each.count for each in made) > _MOST_STEPS:
        longest = max(made, key=lambda each: each.count)
        problems.append(longest.line.problem(f"these are more than {_MOST_STEPS:,} steps"))
        steps = [step for each in made for step in each.now()]
    else:
        steps = list(_in_order(made))
    return replace(root, value=root.entries() | {TIMELINE: replace(timeline, value=steps)})


def _line(step: Piece, index: int) -> Piece:
    return replace(step, path=step.path or (TIMELINE, index))


class _Repetition(msgspec.Struct, frozen=True):
    """When a line happens first, how often, how far apart, and for how long (0: for good)."""

    first: Moment
    times: int = 1
    every_ns: int = 0
    lasts_ns: int = 0


class _Made:
    """The steps of one line: those of its own instant, and those of later ones."""

    def __init__(self, line: Piece, root: Piece, problems: list[Problem]) -> None:
        entries = line.entries()
        self.line = line.without(*REPEATS)
        self._root = root
        self._problems = problems
        self._repetition: _Repetition | None = None
        try:
            if entries.keys() & {*REPEATS}:
                self._repetition = _repetition(line)
        except _Wrong as wrong:
            problems.append(wrong.problem)
        except Refused:
            pass  # the model says what is wrong with the moment
        self._each = list(steps_for_each(self.line, root))
        self._back = self._taken_back()
        self.count = (len(self._each) + len(self._back)) * (
            self._repetition.times if self._repetition else 1
        )

    @property
    def instant_ns(self) -> int | None:
        """When the line is due, in nanoseconds; None where only the run knows that."""
        at = self.line.entries().get(AT)
        try:
            due = moment(at.value) if at else None
        except Refused:
            return None
        return due.since_midnight_ns if isinstance(due, Instant) else None

    def now(self) -> list[Piece]:
        """What happens at the line's own moment."""
        return self._each

    def later(self) -> Iterator[tuple[int, Piece]]:
        """What happens afterwards, with how long after the line's own moment; in this order."""
        if (asked := self._repetition) is None:
            return
        for time in range(asked.times):
            after_ns = time * asked.every_ns
            if time:
                yield from ((after_ns, _at(step, asked.first, after_ns)) for step in self._each)
            after_ns += asked.lasts_ns
            yield from ((after_ns, _at(step, asked.first, after_ns)) for step in self._back)

    def _taken_back(self) -> list[Piece]:
        if not self._repetition or not self._repetition.lasts_ns:
            return []
        back = [taken_back(step, self._root) for step in self._each]
        if None in back:
            actions = [key for key in self.line.entries() if key != AT]
            inside = "; of a call it stands inside `call`" if "call" in actions else ""
            message = f"`{FOR}` takes a step back, and nothing takes this one back{inside}"
            self._problems.append(self.line.problem(message, allowed=BACK))
        return [step for step in back if step]


def _in_order(made: list[_Made]) -> Iterator[Piece]:
    """All steps of all lines, each line's later ones where they are due."""
    waiting: list[tuple[int, int, int, Piece]] = []
    for index, line in enumerate(made):
        due_ns = line.instant_ns
        if due_ns is not None:
            while waiting and waiting[0][0] <= due_ns:
                yield heapq.heappop(waiting)[-1]
        yield from line.now()
        for number, (after_ns, step) in enumerate(line.later()):
            if due_ns is None:
                yield step
            else:
                heapq.heappush(waiting, (due_ns + after_ns, index, number, step))
    while waiting:
        yield heapq.heappop(waiting)[-1]


class _Wrong(Exception):
    """A short form that cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _repetition(line: Piece) -> _Repetition:
    """Raises `_Wrong`, and `Refused` where the moment itself cannot be read."""
    entries = line.entries()
    at = entries.get(AT)
    if at is None:
        raise Refused("the step does not say when")
    first = moment(at.value)
    every_ns, lasts_ns = (
        _lasting_ns(entries[key]) if key in entries else 0 for key in (EVERY, FOR)
    )
    times = _times(line, first, every_ns)
    if every_ns and lasts_ns >= every_ns:
        raise _Wrong(entries[FOR].problem(f"`{FOR}` must be shorter than `{EVERY}`"))
    return _Repetition(first, times, every_ns, lasts_ns)


def _times(line: Piece, first: Moment, every_ns: int) -> int:
    entries = line.entries()
    ends = [key for key in (TIMES, UNTIL) if key in entries]
    if not every_ns:
        if ends:
            raise _Wrong(entries[ends[0]].problem(f"`{ends[0]}` stands beside `{EVERY}` only"))
        return 1
    if len(ends) != 1:
        message = f"`{EVERY}` needs an end: either `{TIMES}: 48` or `{UNTIL}: day 4 08:00`"
        raise _Wrong(entries[EVERY].problem(message))
    return (
        _read_amount(entries[TIMES])
        if TIMES in entries
        else _until_ns(entries, first) // every_ns + 1
    )


def _until_ns(entries: dict[str, Piece], first: Moment) -> int:
    """How long after the first time the last may be, in nanoseconds."""
    try:
        last = moment(entries[UNTIL].value)
    except Refused as error:
        raise _Wrong(entries[UNTIL].problem(error.message, error.word, error.allowed)) from None
    if isinstance(last, Deadline) or isinstance(first, Deadline):
        message = f"only the run knows when a deadline is: say `{TIMES}` in place of `{UNTIL}`"
        raise _Wrong(entries[UNTIL].problem(message))
    if last.since_midnight_ns < first.since_midnight_ns:
        raise _Wrong(entries[UNTIL].problem(f"`{UNTIL}` is before `{AT}`"))
    return last.since_midnight_ns - first.since_midnight_ns


def _read_amount(piece: Piece) -> int:
    try:
        return amount(piece.value)
    except Refused as error:
        raise _Wrong(piece.problem(error.message)) from None


def _lasting_ns(piece: Piece) -> int:
    try:
        lasts_ns = duration(piece.value)
    except Refused as error:
        raise _Wrong(piece.problem(error.message, error.word, error.allowed)) from None
    if not lasts_ns:
        raise _Wrong(piece.problem("this lasts for no time"))
    return lasts_ns


def _at(step: Piece, first: Moment, after_ns: int) -> Piece:
    at = step.entries()[AT]
    shifted = (
        Instant(first.since_midnight_ns + after_ns)
        if isinstance(first, Instant)
        else replace(first, shift_ns=first.shift_ns + after_ns)
    )
    return replace(step, value=step.entries() | {AT: replace(at, value=str(shifted))})
