"""What `internetsim explain` does: why something was so at an instant of a run."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path

import msgspec

from licensing.catalogue import LICENSES
from licensing.events import Entry
from licensing.node_names import spelled
from simulator.cli.kept_journal import opened, read
from simulator.cli.named_scenarios import Called, load
from simulator.cli.options.exports import instant_ns, require_played
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.explain.answers import NothingToExplain, Question, answer
from simulator.report.explain.causes import Causes
from simulator.report.explain.reason import reason_rows
from simulator.report.page import Calendar, Layout
from simulator.report.screen import Screen
from simulator.runs.play import STOPPED, play

_JOURNAL = b'{"at":'


class _Until(msgspec.Struct):
    """A reader of what was until an instant, by default all; `ended_ns` is when the run ended."""

    causes: Causes
    until_ns: int | None
    ended_ns: int = 0

    def __call__(self, entry: Entry) -> None:
        self.ended_ns = entry.at
        if self.until_ns is None or entry.at <= self.until_ns:
            self.causes(entry)


def explain(named: Called, question: Question, at: str, *, seed: int | None) -> int:
    """Answer one question about a scenario or a kept journal; 1 where there is nothing to explain.

    Raises `WrongCall` where the call is wrong, before anything is played.
    """
    if len(question.asked) != 1:
        raise WrongCall("ask one thing: --node, --display, --call, --license, --free, --reserved,"
                        " --over-use or --refusal")  # fmt: skip
    [file] = named.files
    if _is_journal(file):
        if seed is not None or named.include_from:
            raise WrongCall(f"{file} is a journal: --seed and --include-from are for scenarios")
        return _of_journal(file, question, at)
    [(_, scenario)] = load(named)
    _require_known(question, scenario.internetwork.nodes)
    until_ns = instant_ns(at, scenario.start) if at else None
    if until_ns is not None:
        require_played("--at", until_ns, at, scenario)
    reader = _Until(Causes(), until_ns)
    try:
        play(scenario, seed=seed, readers=[reader])
    except STOPPED as error:
        sys.stderr.write(f"stopped by {type(error).__name__}: {error}\n")
    _require_reached(reader, at, scenario.start, "run")
    return _answer(reader, question, scenario.start)


def _is_journal(file: Path) -> bool:
    """Whether it begins as one: a scenario that is written as JSON has other keys."""
    if file == STANDARD_INPUT:
        piped = sys.stdin.buffer
        return isinstance(piped, BufferedReader) and piped.peek(1).startswith(_JOURNAL)
    if file.suffix == ".jsonl" or not file.is_file():  # what comes through a pipe is read once
        return file.suffix == ".jsonl"
    with suppress(OSError), file.open("rb") as stream:  # who opens it next says what is wrong
        return stream.read(len(_JOURNAL)) == _JOURNAL
    return False


def _of_journal(file: Path, question: Question, at: str) -> int:
    with opened(file) as (began, entries):
        _require_known(question, began.nodes)
        reader = _Until(Causes(), instant_ns(at, began.start) if at else None)
        damage = read(reader, entries, file)
    if damage:
        sys.stderr.write(f"{damage}\nwhat follows is known from the lines before that one\n")
    _require_reached(reader, at, began.start, "journal")
    return _answer(reader, question, began.start)


def _require_reached(reader: _Until, at: str, start: datetime, what: str) -> None:
    if reader.until_ns is not None and reader.until_ns > reader.ended_ns:
        ended = Calendar(start).moment(reader.ended_ns)
        raise WrongCall(f"--at {at} is after the end of the {what}, on {ended}")


def _require_known(question: Question, nodes: Iterable[str]) -> None:
    for node in (question.node, question.reserved):
        if node and not spelled(node, nodes):
            raise WrongCall(f"no node is called {node}; there are {', '.join(nodes)}")
    holder, colon, red = question.license.partition(":")
    if question.license and not (holder and colon):
        raise WrongCall(f"--license {question.license}: name the holder, too, as in 200:voicemail")
    for key in (question.free, question.over_use, red):
        if key and key not in LICENSES:
            raise WrongCall(f"no license is called {key}; there are {', '.join(LICENSES)}")


def _answer(reader: _Until, question: Question, start: datetime) -> int:
    at_ns = reader.ended_ns if reader.until_ns is None else reader.until_ns
    screen = Screen(sys.stdout)
    layout = Layout(Calendar(start), width=screen.width)
    try:
        reasons = answer(reader.causes.book, question, at_ns)
    except NothingToExplain as error:
        sys.stderr.write(f"{error} on {layout.calendar.moment(at_ns)}\n")
        return 1
    for reason in reasons:
        screen.show(reason_rows(reason, layout))
    return 0
