"""The instant that a map shows: when most sites were in the worst state."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from simulator.report.account.run_account import RunAccount
from simulator.report.account.states import WORST_FIRST, LinkState, SiteState


def worst_moment_ns(account: RunAccount) -> int:
    """The first such instant; the end of the run where all was well."""
    now: dict[str, SiteState | LinkState] = {}
    worst_ns, worst = account.ended_ns, (0,) * (len(WORST_FIRST) + 1)
    for at_ns, changes in groupby(sorted(_changes(account)), key=itemgetter(0)):
        now.update({of: state for _, of, state in changes})
        count = Counter(now.values())
        impaired = sum(count[state] for state in LinkState if state is not LinkState.UP)
        rated = (*(count[state] for state in WORST_FIRST), impaired)
        if rated > worst:
            worst_ns, worst = at_ns, rated
    return worst_ns


def _changes(account: RunAccount) -> Iterator[tuple[int, str, SiteState | LinkState]]:
    for name, site in account.sites.items():
        for span in site.spans(account.ended_ns):
            yield span.from_ns, f"site {name}", span.value
    for name, link in (account.links | account.transit).items():
        for passing in link.spans(account.ended_ns):
            yield passing.from_ns, f"link {name}", passing.value
