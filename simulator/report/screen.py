"""Where rows go: colored to a terminal, as plain text to everything else.

The terminal's library is loaded only where there is a terminal. A progress bar appears when a run
takes longer than a second and somebody watches; nothing of it ever reaches a pipe.
"""

import os
import sys
import time  # noqa: TID251 - the patience of the person who watches is real time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from licensing.events import Entry
from licensing.policies import DAY_NS
from simulator.report.page import CONTROL_CHARACTERS, Row, Tone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress

PLAIN_WIDTH = 100

_STYLES = {
    Tone.PLAIN: "",
    Tone.QUIET: "dim",
    Tone.HEADING: "bold",
    Tone.REGULAR: "green",
    Tone.FAILOVER: "yellow",
    Tone.EMERGENCY: "red",
    Tone.FAILED: "bold red",
}

_PATIENCE_S = 1.0
_REFRESH_S = 0.1


class Screen:
    """Prints rows to `out`, each at once; `width` is in columns."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self._console = _console(out) if terminal else None
        self.width = min(self._console.width, PLAIN_WIDTH) if self._console else PLAIN_WIDTH

    @property
    def console(self) -> "Console | None":
        """The terminal's; None where there is none."""
        return self._console

    def show(self, rows: Iterable[Row]) -> None:
        """Print rows."""
        for row in rows:
            text = row.text.translate(CONTROL_CHARACTERS)
            if self._console is None:
                self._out.write(f"{text}\n")
            else:
                style = _STYLES[row.tone] or None
                self._console.print(text, style=style, soft_wrap=True)


class _BelowTheRows:
    """What stands below all rows of a terminal while somebody waits, and leaves nothing behind."""

    def __init__(self) -> None:
        self._shown: Progress | Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown is not None:
            self._shown.stop()


class ProgressLine(_BelowTheRows):
    """A line of words, where somebody watches; nothing of it reaches a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self._watched = sys.stderr.isatty()
        self._next_look = time.monotonic()
        self._line: Live | None = None

    def show(self, text: str) -> None:
        """Put it in the place of what stood there, if that stood for long enough."""
        now = time.monotonic()
        if self._watched and now >= self._next_look:
            self._next_look = now + _REFRESH_S
            self._line = self._line or self._started()
            self._line.update(text, refresh=True)

    def _started(self) -> "Live":
        from rich.live import Live  # noqa: PLC0415 - not needed for a pipe

        self._shown = line = Live(console=_console(sys.stderr), transient=True, auto_refresh=False)
        line.start()  # without `auto_refresh` no thread draws
        return line


class ProgressBar(_BelowTheRows):
    """A reader that shows how far a run has come and how fast, as soon as that is worth showing.

    `total_ns` is the instant of the last step; a bar on the same terminal as `screen` stands below
    its rows.
    """

    def __init__(self, screen: Screen, total_ns: int) -> None:
        super().__init__()
        self._screen = screen
        self._total_ns = total_ns
        self._began = time.monotonic()
        self._next_look = self._began + _PATIENCE_S
        self._bar: Progress | None = None

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _REFRESH_S
        if self._bar is None:
            self._bar = self._started()
        words = how_fast(entry.at, self._total_ns, now - self._began)
        self._bar.update(self._bar.task_ids[0], completed=entry.at, pace=words, refresh=True)

    def _started(self) -> "Progress":
        from rich.progress import Progress, TextColumn  # noqa: PLC0415 - only long runs need a bar

        console = self._screen.console or _console(sys.stderr)
        columns = *Progress.get_default_columns()[:-1], TextColumn("{task.fields[pace]}")
        bar = Progress(*columns, console=console, transient=True, auto_refresh=False)  # no thread
        bar.add_task("playing", total=self._total_ns, pace="")
        bar.start()
        self._shown = bar
        return bar


def how_fast(at_ns: int, total_ns: int, spent_s: float) -> str:
    """How far a run has come after so many real seconds, how fast that is, and what is left.

    `total_ns` is the instant of its last step; before the start of a run instants are negative.
    """
    if at_ns <= 0:
        return "setting up"
    days_a_second = at_ns / DAY_NS / spent_s
    left_s = round(max(0, total_ns - at_ns) / at_ns * spent_s)
    left = f"{left_s} s" if left_s < 120 else f"{left_s // 60} min"
    rate = f"{days_a_second:.0f}" if days_a_second >= 10 else f"{days_a_second:.2g}"
    return f"day {at_ns // DAY_NS} of {total_ns // DAY_NS}, {rate} days a second, {left} left"


@contextmanager
def progress(screen: Screen, total_ns: int) -> Iterator[list[Callable[[Entry], None]]]:
    """A progress bar up to `total_ns` of virtual time, as a reader; none where nobody watches."""
    if not sys.stderr.isatty():
        yield []
        return
    with ProgressBar(screen, total_ns) as bar:
        yield [bar]


def _console(out: TextIO) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - not needed for a pipe

    return Console(file=out, highlight=False, markup=False, emoji=False)
