"""What a record of outages came to, as text: its remarks, the distributions, and how they fit.

Of each thing that has enough outages, and of all together as if they failed alike, stands the line
that a scenario's `reliability` takes.
"""

from collections.abc import Callable, Iterator, Sequence

from licensing.policies import LONGEST_FAILOVER_PERIOD_NS
from licensing.words import counted
from simulator.plan.told.survival_plot import survival_plot
from simulator.scenario.outages.distributions import Distribution
from simulator.scenario.outages.fit import Fit, HistoryFit, TooFewOutages, fitted_history
from simulator.scenario.outages.record import OutageHistory, OutageRecord
from simulator.scenario.reliability import THE_REST, distribution_in_words, up_in_words

_LEGEND = """\
score: the logarithm of the likelihood, less 1 for each parameter; the highest is chosen
in the plots # is recorded, | is the one that was chosen"""


def fit_text(record: OutageRecord) -> tuple[str, bool]:
    """The answer, and whether there is a fit of anything."""
    histories = list(record.histories.values())
    groups = {history.what: [history] for history in histories}
    if len(histories) > 1:
        groups[THE_REST] = histories
    parts, is_fitted = [_head(record)], False
    for what, group in groups.items():
        try:
            parts.append(_fit(what, group, fitted_history(*group)))
            is_fitted = True
        except TooFewOutages as error:
            parts.append([f"{what}: no fit of {error}"])
    if is_fitted:
        parts.append([_LEGEND])
    return "\n\n".join("\n".join(part) for part in parts) + "\n", is_fitted


def _head(record: OutageRecord) -> list[str]:
    until = record.until.isoformat(" ", "minutes")
    histories = record.histories.values()
    outages = counted(sum(len(each.outages) for each in histories), "outage")
    return [
        f"{record.name}: {outages} of {counted(len(histories), 'thing')}, up to {until}",
        *record.remarks,
    ]


def _fit(what: str, group: Sequence[OutageHistory], fit: HistoryFit) -> list[str]:
    fails, repair = up_in_words(fit.up.distribution), distribution_in_words(fit.repair.distribution)
    plot = survival_plot(fit.repair.durations, fit.repair.distribution, LONGEST_FAILOVER_PERIOD_NS)
    return [
        f"{what}: {counted(sum(len(each.outages) for each in group), 'outage')}{_open(group)}",
        f"  {what}: {{fails: {_quoted(fails)}, repair: {_quoted(repair)}}}",
        *_ranking("repair", fit.repair, distribution_in_words),
        *(f"    {row}" for row in plot),
        *_ranking("fails", fit.up, up_in_words),
    ]


def _open(group: Sequence[OutageHistory]) -> str:
    count = sum(each.open_count for each in group)
    return f", {count} of them still open" if count else ""


def _ranking(key: str, fit: Fit, in_words: Callable[[Distribution], str]) -> Iterator[str]:
    """The best first, with what they are compared by."""
    yield f"  {key:<8}{'the likeliest of each kind':<40}{'score':>10}"
    for each in fit.candidates:
        yield f"  {'':<8}{in_words(each.distribution):<40}{each.score:>10.1f}"


def _quoted(words: str) -> str:
    """For any tool that reads YAML: a comma in braces ends a text without quotation marks."""
    return f'"{words}"' if "," in words else words
