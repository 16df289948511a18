"""What an exploration says, in rows: before it, in one line meanwhile, and at its end."""

from collections.abc import Iterator
from textwrap import wrap

from licensing.words import counted
from simulator.explore.draws import MIX
from simulator.explore.exploration import ROUND, RunTally
from simulator.explore.played_run import PlayedRun, RunFate
from simulator.explore.reached import ENDS
from simulator.explore.rules_at_stake import EVERY_RULE
from simulator.report.page import Row, Tone

_LINES_OF_A_FAILURE = 12


def opening(width: int, *, seed: int, guided: bool) -> Iterator[Row]:
    """The mix, and where the seeds come from."""
    shares = ", ".join(f"{name} {kind.weight}" for name, kind in MIX.items())
    yield from (Row(line, Tone.QUIET) for line in wrap(f"mix: {shares}", width))
    rounds = f"rounds of {ROUND} runs, guided by what was not reached yet"
    yield Row(f"seed {seed}; {rounds if guided else 'one seed after another'}", Tone.QUIET)


def in_one_line(tally: RunTally, elapsed_s: float) -> str:
    """How far it is, for the person who watches."""
    reached = tally.reached
    speed = tally.runs / elapsed_s if elapsed_s else 0
    return (
        f"{counted(tally.runs, 'run')}, {speed:.1f} a second;"
        f" reached {counted(len(reached.states), 'state')},"
        f" {counted(len(reached.transitions), 'transition')},"
        f" {counted(len(reached.pairs), 'pair')} (state x fault),"
        f" {counted(len(reached.rules), 'rule')}; {counted(len(tally.failures), 'violation')}"
    )


def failure(run: PlayedRun, repeat: str) -> Iterator[Row]:
    """A run that fails, and how to repeat it."""
    yield Row(f"seed {run.seed}: {run.failure}", Tone.FAILED)
    lines = run.says.splitlines()
    yield from (Row(f"  {line}") for line in lines[:_LINES_OF_A_FAILURE])
    if len(lines) > _LINES_OF_A_FAILURE:
        yield Row("  ...", Tone.QUIET)
    yield Row(f"  to repeat it: {repeat}")


def closing(tally: RunTally) -> Iterator[Row]:
    """What was reached, which share of the runs reached certain ends, and the verdict."""
    reached = tally.reached
    rules = [rule for rule in EVERY_RULE if rule in reached.rules]
    missing = [rule for rule in EVERY_RULE if rule not in reached.rules]
    yield Row(
        f"reached: {counted(len(reached.states), 'state')},"
        f" {counted(len(reached.transitions), 'transition')},"
        f" {counted(len(reached.pairs), 'pair')} of a state and a fault"
    )
    not_looked_at = f"; not at stake: {', '.join(missing)}" if missing else ""
    yield Row(f"rules at stake: {', '.join(rules)}{not_looked_at}")
    if tally.runs:
        shares = ", ".join(_share(tally, end) for end in ENDS)
        yield Row(f"share of runs that reached {shares}")
        average = tally.node_days / tally.runs
        most = tally.longest_node_days
        yield Row(f"a run: {average:.1f} node-days on average, {most:.1f} at most")
    yield Row(verdict(tally), Tone.REGULAR if tally.holds else Tone.FAILED)


def _share(tally: RunTally, end: str) -> str:
    return f"{end} {tally.ends[end] / tally.runs:.1%}"


def verdict(tally: RunTally) -> str:
    """The last line: whether it holds, how many came to which verdict, and the digest."""
    runs = counted(tally.runs, "run")
    counts = ", ".join(f"{tally.counts[each]} {each}" for each in RunFate if tally.counts[each])
    never = f"; no run reached {' or '.join(tally.never_reached)}" if tally.never_reached else ""
    word = "holds" if tally.holds else "fails"
    if tally.proves_nothing and not tally.failures:
        word = "interrupted" if tally.interrupted else "undecided"
    return f"{word}: {runs}: {counts or 'none'}{never}; digest {tally.digest[:16]}"
