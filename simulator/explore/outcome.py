"""What came of an exploration, for other tools: one form with a version, as that of a run."""

import msgspec

from simulator.explore.exploration import RunTally
from simulator.explore.played_run import PlayedRun
from simulator.explore.reached import ENDS

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
    """All of it. `reached` is what by kind, `ends` in how many runs each."""

    version: int
    holds: bool
    runs: int
    verdicts: dict[str, int]
    digest: str
    failures: list[FailedRun]
    reached: dict[str, list[str]]
    ends: dict[str, int]
    node_days: float
    facts: int


def outcome_of(tally: RunTally, failures: list[FailedRun]) -> ExplorationOutcome:
    """The tally as data."""
    reached = {key: sorted(words) for key, words in vars(tally.reached).items()}
    return ExplorationOutcome(
        version=EXPLORATION_FORM,
        holds=tally.holds,
        runs=tally.runs,
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
    """A suite with one case for all that hold, and one for each failure."""
    from junitparser import Failure, JUnitXml, TestCase, TestSuite  # noqa: PLC0415 - if asked for

    suite = TestSuite("internetsim explore")
    held = outcome.runs - len(outcome.failures)
    suite.add_testcase(
        TestCase(f"{held} runs hold (digest {outcome.digest[:16]})", classname="explore")
    )
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
