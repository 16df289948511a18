"""The options `--perfetto FILE` and `--mermaid FILE --between FROM TO`: a run for other tools."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TypeAlias

from simulator.cli.options.written_files import WrittenFile
from simulator.cli.wrong_call import WrongCall
from simulator.network.virtual_time import NEVER_NS
from simulator.report.exports.mermaid import MermaidSequence
from simulator.report.exports.perfetto import PerfettoTrace
from simulator.report.page import Calendar
from simulator.scenario import Instant, Scenario, ScenarioError, moment
from simulator.worlds.run_journal import Reader

Between: TypeAlias = tuple[str, str]
"""Two instants, such as `day 3 07:00` and `day 3 09:00`."""


@contextmanager
def perfetto(path: Path | None) -> Iterator[list[Reader]]:
    """The reader that writes the trace; raises `WrongCall` where that cannot be written."""
    if path is None:
        yield []
        return
    with WrittenFile("the trace", path) as stream:
        trace = PerfettoTrace(stream)
        try:
            yield [trace]
        finally:
            trace.end()


def require_time(path: Path | None, between: Between, scenario: Scenario) -> None:
    """Raise `WrongCall` for a time that is none of the run, or of which no diagram is named."""
    if path is None:
        raise WrongCall("--between says of which time --mermaid FILE is: name the file, too")
    _instants_ns(between, scenario)


@contextmanager
def mermaid(
    path: Path | None, between: Between | None, scenario: Scenario
) -> Iterator[list[Reader]]:
    """The reader of which the diagram is made; raises `WrongCall` where that cannot be written."""
    if path is None:
        yield []
        return
    from_ns, to_ns = _instants_ns(between, scenario) if between else (0, NEVER_NS)
    sequence = MermaidSequence(Calendar(scenario.start), from_ns, to_ns)
    with TextIOWrapper(WrittenFile("the diagram", path), encoding="utf-8") as stream:
        try:
            yield [sequence]
        finally:
            sequence.write(stream)
            if sequence.is_empty:
                sys.stderr.write(f"the diagram {path} is empty: nothing passed in that time\n")
            if sequence.left_out:
                more = f"the diagram {path} has no room for {sequence.left_out} more lines"
                sys.stderr.write(f"{more}: ask for a shorter time with --between\n")


def _instants_ns(between: Between, scenario: Scenario) -> tuple[int, int]:
    from_ns, to_ns = (instant_ns(each, scenario.start) for each in between)
    if from_ns > to_ns:
        raise WrongCall("--between: the first instant is after the second one")
    require_played("--between", from_ns, between[0], scenario)
    return from_ns, to_ns


def require_played(option: str, at_ns: int, written: str, scenario: Scenario) -> None:
    """Raise `WrongCall` where an instant is after the last step.

    Not where a step waits for a deadline, and only playing tells when that is.
    """
    instants = [step.at.after_ns(scenario.start) for step in scenario.timeline
                if isinstance(step.at, Instant)]  # fmt: skip
    last_ns = max(instants, default=0)
    if at_ns > last_ns and len(instants) == len(scenario.timeline):
        last = Calendar(scenario.start).moment(last_ns)
        raise WrongCall(f"{option} {written} is after the last step, on {last}")


def instant_ns(written: str, start: datetime) -> int:
    """An instant of the call in nanoseconds since the start; raises `WrongCall`."""
    try:
        instant = moment(written)
    except (ScenarioError, ValueError) as error:
        raise WrongCall(str(error)) from error
    if not isinstance(instant, Instant):
        raise WrongCall(f"{written}: write an instant such as `day 34 12:00`")
    if (at_ns := instant.after_ns(start)) < 0:
        raise WrongCall(f"{written} is before the start of the run")
    return at_ns
