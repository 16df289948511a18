"""One served run as the page knows it: its recording, its clock, and what is shown of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from licensing.events import Entry, RunBegan
from licensing.policies import HOUR_NS
from simulator.report.explain.reason import Reason, reason_rows
from simulator.report.folding import Folding
from simulator.report.groups import is_large
from simulator.report.page import Calendar, Layout, Line
from simulator.runs.internetwork import Internetwork
from simulator.scenario import Deadline, Step
from simulator.stage.drawing import StageDrawing, drawing
from simulator.stage.fold import Fold
from simulator.stage.hurry import Hurry
from simulator.stage.license_view import LicenseView, license_views
from simulator.stage.look import MILLISECOND_NS, Looking
from simulator.stage.person_clock import PersonClock
from simulator.stage.reasons import ReasonsReader
from simulator.stage.recording import MOST_RECORDED
from simulator.stage.scenario_steps import ScenarioSteps, expects
from simulator.stage.step_numbers import StepNumbers
from simulator.stage.story_lines import StoryLines, around, is_about
from simulator.stage.time_bar import Flag, Outages, TimeBar, time_bar
from simulator.stage.traffic import LinkTraffic
from simulator.stage.unattended import Unattended
from simulator.stage.values import SiteNow, StepNow
from simulator.stage.view import (
    LinkView,
    SiteView,
    StageState,
    is_undisturbed,
    link_view,
    site_view,
)

MOST_LINES_SHOWN, MOST_LINES_FOLDED = 80, 200
STEPS_BEFORE, STEPS_AFTER = 20, 60
_ONE_ROW, _DEEPEST = 10_000, 8
"""Of a chain of reasons: the page breaks its sentences, and draws no deeper ones further in."""
_FLAGS_TOGETHER = 4.0
"""Flags that are nearer to each other, in thousandths of the bar, are one."""


class StepView(msgspec.Struct, frozen=True):
    """A step of the scenario: its moment and what it is, in words; what came of it.

    One `is_due` that has had its instant and was not done.
    """

    number: int
    at: str
    text: str
    note: str
    outcome: str
    why: str
    expects: bool
    is_next: bool
    is_due: bool


class StorySentence(msgspec.Struct, frozen=True):
    """A sentence of the story; `at_ms` is the instant to go to, `name` its own on the page."""

    name: str
    at_ms: int
    line: Line


class Recorder:
    """The readers of the journal from which everything on the page follows.

    They are to read after the oracle, and from the first fact on.
    """

    def __init__(self, net: Internetwork) -> None:
        self.calendar = Calendar(net.scenario.start)
        numbers = StepNumbers(net.scenario.internetwork, net.scenario.timeline)
        self.fold = Fold(net.oracle, numbers)
        self.reasons = ReasonsReader()
        self.story = StoryLines(self.calendar)
        self.outages = Outages()
        self.began: RunBegan | None = None
        net.journal.add_reader(self._read)

    def _read(self, entry: Entry) -> None:
        if isinstance(entry.fact, RunBegan):
            self.began = entry.fact
        for at_ns, key, value in self.fold(entry):
            self.outages.note(at_ns, key, value)
        self.reasons(entry)
        self.story(entry)

    @property
    def in_words(self) -> str:
        """How much is kept, and since when."""
        recording = self.fold.recording
        since = f" since {self.calendar.moment(recording.began_ns)}" if recording.began_ns else ""
        return f"Recorded{since}: {len(recording):,} changes, of at most {MOST_RECORDED:,}."


class Stage:
    """What the page of `net` shows, and who lets its time pass; made when everything is on."""

    def __init__(
        self, net: Internetwork, clock: PersonClock, recorder: Recorder, traffic: LinkTraffic
    ) -> None:
        assert recorder.began, "the run has begun"
        self.net = net
        self.clock = clock
        self.traffic = traffic
        self.recorder = recorder
        recorder.story.begin()
        self.scenario = net.scenario
        self.hurry = Hurry(net, clock, lambda: is_undisturbed(recorder.fold.recording.now))
        self.unattended = Unattended(net, clock, self.hurry.limit)
        self.steps = ScenarioSteps(net, self.hurry)
        names = self.scenario.internetwork.nodes
        facts = {name: recorder.began.nodes[name] for name in names}
        self._last_dated_ns = self.scenario.last_dated_ns()
        self._step_texts = [(self._dated(step), f"{step.at}: {step}") for step in self.steps.steps]
        self.drawing: StageDrawing = drawing(facts, recorder.began.network)

    def close(self) -> None:
        """Nobody waits any more."""
        self.hurry.stop()
        self.unattended.close()
        self.steps.close()

    async def make_ready(self) -> None:
        """Set up what the scenario says, until an hour before anything befalls the internetwork."""
        await self.steps.set_up()
        ahead = (self.steps.steps[number] for number in self.steps.left)
        dated = (step.at for step in ahead if not isinstance(step.at, Deadline))
        next_ns = min((at.after_ns(self.scenario.start) for at in dated), default=0)
        await self.hurry.pass_until(next_ns - HOUR_NS, "the demonstration begins")

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the start of the run."""
        return self.net.world.now_ns()

    def state(self, at_ns: int) -> StageState:
        """What everybody sees at an instant; what is now is the sum of what was, too."""
        recording = self.recorder.fold.recording
        return recording.now if at_ns >= self.now_ns else recording.at(at_ns)

    def sites(self, state: StageState, at_ns: int) -> dict[str, SiteView]:
        """All nodes, the master first."""
        nodes = self.scenario.internetwork.nodes
        return {name: site_view(self.scenario, state, name, at_ns) for name in nodes}

    def links(self, state: StageState) -> dict[str, LinkView]:
        """All links, routers and clouds."""
        internetwork = self.scenario.internetwork
        names = (*internetwork.links, *internetwork.transit)
        return {name: link_view(self.scenario, state, name) for name in names}

    def licenses(self, state: StageState) -> list[LicenseView]:
        """All licenses."""
        return license_views(self.scenario, state)

    def story(self, look: Looking, at_ns: int) -> list[StorySentence]:
        """The latest sentences, the newest last; those of a large internetwork as `run` folds them.

        The story of one site is never folded.
        """
        of, latest = look.story_of, self.recorder.story.until(at_ns)
        own = around(self.scenario.internetwork, of)
        about = (line for line in latest if not of or is_about(line, own))
        lines = [*islice(about, MOST_LINES_SHOWN if of else MOST_LINES_FOLDED)][::-1]
        if is_large(self.scenario.internetwork) and not of:
            lines = self._folded(lines)
        return [*_named(lines[-MOST_LINES_SHOWN:])]

    def _folded(self, lines: Sequence[Line]) -> list[Line]:
        told: list[Line] = []
        folding = Folding(self.scenario.internetwork, told.append)
        for line in lines:
            folding(line)
        folding.end()
        return told

    def why(self, key: tuple[str, ...], at_ns: int) -> list[tuple[int, str]]:
        """Why something was so, as `explain` says it: how deep in the chain, and the sentence.

        Nothing where no fact says it.
        """
        recording = self.recorder.reasons.recording
        reasons = recording.now if at_ns >= self.now_ns else recording.at(at_ns)
        reason: Reason | None = reasons.get(key)
        if reason is None:
            return []
        rows = reason_rows(reason, Layout(self.recorder.calendar, width=_ONE_ROW))
        return [(min(_depth(row.text), _DEEPEST), row.text.strip()) for row in rows]

    def step_views(self, look: Looking, state: StageState) -> list[StepView]:
        """The scenario's steps about the next one."""
        first = max(0, self.steps.next - STEPS_BEFORE)
        about = self.steps.steps[first : self.steps.next + STEPS_AFTER]
        return [
            self._step_view(number, step, look, state) for number, step in enumerate(about, first)
        ]

    def last_step_view(self, look: Looking, state: StageState) -> StepView | None:
        """The step that was played last, whichever the file has next; None before the first."""
        number = state.get(("last-step",))
        if not isinstance(number, int):
            return None
        return self._step_view(number, self.steps.steps[number], look, state)

    def _step_view(self, number: int, step: Step, look: Looking, state: StageState) -> StepView:
        now, (when, _) = state.get(("step", str(number))), self._step_texts[number]
        outcome = now if isinstance(now, StepNow) else StepNow("")
        return StepView(
            number=number,
            at=str(step.at),
            text=str(step),
            note=step.note or "",
            outcome=outcome.outcome,
            why=outcome.why,
            expects=expects(step),
            is_next=look.at_ms is None and number == self.steps.next,
            is_due=not outcome.outcome and self._has_been(when, look),
        )

    def _has_been(self, when: int | Deadline, look: Looking) -> bool:
        return not isinstance(when, Deadline) and when <= look.at_ns(self.now_ns)

    # Time.

    def bar(self) -> TimeBar:
        """The time bar, which is the same at whatever instant somebody looks."""
        known_ns = [self._last_dated_ns, *(at_ns for at_ns, _ in self._deadlines())]
        return time_bar(self.scenario.start, self.now_ns, known_ns, self.recorder.outages)

    def flags(self, bar: TimeBar) -> list[Flag]:
        """Every step, and the end of every failover period that runs; those close by together."""
        flags: list[Flag] = []
        texts: list[str] = []
        for at_ns, kind, text in sorted([*self._step_flags(), *self._deadline_flags()]):
            x = bar.x(at_ns)
            if flags and flags[-1].kind == kind and x - flags[-1].x < _FLAGS_TOGETHER:
                texts.append(text)
            else:
                texts = [text]
                flags.append(Flag(x, kind, texts, -(-at_ns // MILLISECOND_NS)))
        return flags

    def _deadlines(self) -> Iterator[tuple[int, str]]:
        for key, value in self.recorder.fold.recording.now.items():
            if isinstance(value, SiteNow) and value.ends_ns is not None:
                yield value.ends_ns, key[1]

    def _deadline_flags(self) -> Iterator[tuple[int, str, str]]:
        for at_ns, name in self._deadlines():
            yield at_ns, "deadline", f"{self.recorder.calendar.moment(at_ns)} {name}: period ends"

    def _step_flags(self) -> Iterator[tuple[int, str, str]]:
        ends_ns = {name: at_ns for at_ns, name in self._deadlines()}
        left = {*self.steps.left}
        for number, (when, text) in enumerate(self._step_texts):
            kind = "step" if number in left else "played"
            if not isinstance(when, Deadline):
                yield when, kind, text
            elif when.node in ends_ns:
                yield ends_ns[when.node] + when.shift_ns, kind, text

    def _dated(self, step: Step) -> int | Deadline:
        """Nanoseconds since the start, where the file says it."""
        return step.at if isinstance(step.at, Deadline) else step.at.after_ns(self.scenario.start)


def _named(lines: Iterable[Line]) -> Iterator[StorySentence]:
    """With a name each, also where a host has several sentences at one instant."""
    names: Counter[str] = Counter()
    for line in lines:
        name = f"{line.at_ns}-{line.where}"
        names[name] += 1
        yield StorySentence(f"{name}-{names[name]}", -(-line.at_ns // MILLISECOND_NS), line)


def _depth(row: str) -> int:
    return (len(row) - len(row.lstrip())) // 2


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """What is other in `after` than it was in `before`."""
    return {key: value for key, value in after.items() if before.get(key) != value}
