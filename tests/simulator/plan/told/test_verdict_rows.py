"""Verdicts before a person: how many agree, by policy, and each that nobody can explain."""

from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from simulator.plan.proof.verdicts import SiteVerdict
from simulator.plan.told.verdict_rows import verdict_rows


def verdict(
    policy: RecoveryPolicy, said_ns: int, seen_ns: int, explanation: str = ""
) -> SiteVerdict:
    """Of north, in one trial."""
    return SiteVerdict(
        7, "north", policy, (said_ns,), (seen_ns,), (), near=True, explanation=explanation
    )


def test_what_nobody_can_explain_is_told_with_both_instants() -> None:
    """What differs by a second agrees, what is on the list of allowed explanations is counted."""
    rows = [
        row.text
        for row in verdict_rows(
            [
                verdict(RecoveryPolicy.FULL, 3 * DAY_NS, 3 * DAY_NS + NS_PER_SECOND),
                verdict(RecoveryPolicy.FULL, 3 * DAY_NS, 4 * DAY_NS, "crept"),
                verdict(RecoveryPolicy.RESUME, 3 * DAY_NS, 5 * DAY_NS),
            ]
        )
    ]
    assert rows[1].split() == ["full", "2", "100", "%", "100", "%", "1", "1", "0"]
    assert "1 verdict explained: crept" in rows
    assert rows[-2].startswith("trial 7, north, resume: emergencies after 3 days by the model")
    assert rows[-1] == "1 of 3 verdicts unexplained"
