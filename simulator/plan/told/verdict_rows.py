"""What came of laying the model beside the programs, before a person: how many verdicts agree."""

from collections import Counter
from collections.abc import Iterator, Sequence

from licensing.policies import NS_PER_SECOND
from licensing.words import counted
from simulator.plan.proof.verdicts import SiteVerdict
from simulator.plan.risk.words import in_percent
from simulator.report.page import Row, Tone, aligned
from simulator.scenario import period_in_words

_MOST_TOLD = 20


def verdict_rows(verdicts: Sequence[SiteVerdict]) -> Iterator[Row]:
    """By policy how many sites ended, were healed near their deadline, and agree; what does not."""
    if not verdicts:
        yield Row("no verdict yet", Tone.FAILED)
        return
    head, *rows = aligned([_HEAD, *_by_policy(verdicts), _cells("all", verdicts)])
    yield Row(head, Tone.HEADING)
    yield from (Row(row) for row in rows)
    yield Row()
    for explanation, number in sorted(Counter(v.explanation for v in verdicts).items()):
        if explanation:
            yield Row(f"{counted(number, 'verdict')} explained: {explanation}", Tone.QUIET)
    wrong = [verdict for verdict in verdicts if verdict.unexplained]
    yield from (Row(_difference(verdict), Tone.FAILED) for verdict in wrong[:_MOST_TOLD])
    if len(wrong) > _MOST_TOLD:
        yield Row(f"and {len(wrong) - _MOST_TOLD} more", Tone.FAILED)
    if wrong:
        yield Row(f"{len(wrong)} of {counted(len(verdicts), 'verdict')} unexplained", Tone.FAILED)
    else:
        told = f"{counted(len(verdicts), 'verdict')}: model and programs agree"
        yield Row(told, Tone.REGULAR)


_HEAD = ("policy", "verdicts", "ended", "near the deadline", "to the second", "explained", "wrong")


def _by_policy(verdicts: Sequence[SiteVerdict]) -> Iterator[tuple[str, ...]]:
    for policy in dict.fromkeys(verdict.policy for verdict in verdicts):
        yield _cells(policy, [verdict for verdict in verdicts if verdict.policy is policy])


def _cells(name: str, verdicts: Sequence[SiteVerdict]) -> tuple[str, ...]:
    number = len(verdicts)
    return (
        name,
        f"{number:,}",
        in_percent(sum(verdict.ended for verdict in verdicts) / number),
        in_percent(sum(verdict.near for verdict in verdicts) / number),
        f"{sum(verdict.agrees for verdict in verdicts):,}",
        f"{sum(bool(v.explanation) and not v.agrees for v in verdicts):,}",
        f"{sum(verdict.unexplained for verdict in verdicts):,}",
    )


def _difference(verdict: SiteVerdict) -> str:
    said, seen = (_instants(each) for each in (verdict.said_ns, verdict.seen_ns))
    where = f"trial {verdict.trial}, {verdict.site}, {verdict.policy}"
    return f"{where}: emergencies after {said} by the model, after {seen} on the programs"


def _instants(instants_ns: Sequence[int]) -> str:
    whole = (period_in_words(at_ns // NS_PER_SECOND * NS_PER_SECOND) for at_ns in instants_ns)
    return ", ".join(whole) or "none"
