"""What is shown of one run before its verdict: how it opens, its story, what went wrong and why.

Only a run of which more than the verdict is wanted loads this.
"""

from collections.abc import Sequence

from simulator.report.closing import Evidence, closing
from simulator.report.folding import Folding
from simulator.report.groups import is_large
from simulator.report.opening import opening
from simulator.report.page import Calendar, Layout, Line
from simulator.report.screen import Screen
from simulator.report.story import Story
from simulator.runs.play import Result
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader


class ToldRun:
    """Shows a run of `scenario` on `screen`, `by_node` with what each node holds.

    Its `readers` are shown every entry of the journal.
    """

    def __init__(self, scenario: Scenario, screen: Screen, *, by_node: bool) -> None:
        self._scenario = scenario
        self._screen = screen
        self._by_node = by_node
        calendar = Calendar(scenario.start)
        self._layout = Layout(calendar, places=_longest_place(scenario), width=screen.width)
        self._evidence = Evidence(scenario)
        self._folding = Folding(scenario.internetwork, self._show_line)
        large = is_large(scenario.internetwork)
        self._story = Story(calendar, self._folding if large else self._show_line)
        self.readers: Sequence[Reader] = (self._evidence, self._story)

    def open(self, seed: int) -> None:
        """Show what is played."""
        self._screen.show(opening(self._scenario, seed, self._layout))

    def end_story(self) -> None:
        """Show what is left of the story; nothing follows."""
        self._story.end()
        self._folding.end()

    def close(self, result: Result, repeat: str) -> None:
        """Show all that the verdict rests on; `repeat` is the call that plays the run again."""
        by_node = self._by_node
        self._screen.show(closing(self._evidence, result, self._layout, repeat, by_node=by_node))

    def _show_line(self, line: Line) -> None:
        self._screen.show(self._layout.rows(line))


def _longest_place(scenario: Scenario) -> int:
    internetwork = scenario.internetwork
    together = f"{len(internetwork.nodes)} slaves" if is_large(internetwork) else ""
    return max(map(len, (*internetwork.ends, *internetwork.links, together)))
