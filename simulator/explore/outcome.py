"""What came of an exploration, for other tools: one form with a version, as that of a run."""

import msgspec

from simulator.explore.exploration import RunTally
from simulator.explore.played_run import PlayedRun, RunFate
from simulator.explore.reached import ENDS
from simulator.explore.summary import verdict

EXPLORATION_FORM = 1


class FailedRun(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A run that fails: `rule` of the oracle, or the kind of the error, and in words what is so."""

    number: int
    seed: int
    verdict: str
    rule: str
    says: str
    repeat: str
    shrunk: str = ""


class ExplorationOutcome(msgspec.Struct, kw_only=True):
    """All of it. `reached` is what by kind, `ends` in how many runs each.

    `says` is the last line that a person reads. `interrupted` came before all runs that were
    `asked` for, `never_reached` are the ends that some run should have reached.
    """

    version: int
    holds: bool
    says: str
    runs: int
    asked: int | None
    interrupted: bool
    never_reached: list[str]
    verdicts: dict[str, int]
    digest: str
    failures: list[FailedRun]
    reached: dict[str, list[str]]
    ends: dict[str, int]
    node_days: float
    facts: int


def outcome_of(
    tally: RunTally, failures: list[FailedRun], asked: int | None = None
) -> ExplorationOutcome:
    """The tally as data; without a number of runs that was `asked` for it was for so long."""
    reached = {key: sorted(words) for key, words in msgspec.structs.asdict(tally.reached).items()}
    return ExplorationOutcome(
        version=EXPLORATION_FORM,
        holds=tally.holds,
        says=verdict(tally),
        runs=tally.runs,
        asked=asked,
        interrupted=tally.interrupted,
        never_reached=tally.never_reached,
        verdicts={str(verdict): count for verdict, count in tally.counts.items()},
        digest=tally.digest,
        failures=failures,
        reached=reached,
        ends={end: tally.ends[end] for end in ENDS},
        node_days=round(tally.node_days, 3),
        facts=tally.facts,
    )


def failed_run(number: int, run: PlayedRun, repeat: str) -> FailedRun:
    """A failure as data."""
    return FailedRun(
        number=number,
        seed=run.seed,
        verdict=run.verdict,
        rule=run.rule,
        says=run.says,
        repeat=repeat,
    )


def junit_of(outcome: ExplorationOutcome) -> bytes:
    """A suite with one case for all that hold, one for each failure, and one for the whole."""
    from junitparser import Failure, JUnitXml, TestCase, TestSuite  # noqa: PLC0415 - if asked for

    suite = TestSuite("internetsim explore")
    held = sum(outcome.verdicts.get(each, 0) for each in (RunFate.HOLDS, RunFate.USED_AS_SAID))
    suite.add_testcase(
        TestCase(f"{held} runs hold (digest {outcome.digest[:16]})", classname="explore")
    )
    whole = TestCase("all runs, and enough was reached", classname="explore")
    if not outcome.holds and not outcome.failures:
        whole.result = [Failure(outcome.says)]
    suite.add_testcase(whole)
    for failed in outcome.failures:
        case = TestCase(f"seed {failed.seed}", classname="explore")
        failure = Failure(f"{failed.verdict} {failed.rule}".strip())
        says = "".join(each for each in failed.says if each.isprintable() or each == "\n")
        failure.text = f"{says}\nto repeat it: {failed.repeat}"
        case.result = [failure]
        suite.add_testcase(case)
    document = JUnitXml("internetsim")
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library's own
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]  # the library's own
    return text
