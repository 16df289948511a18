"""The rules in force: faults with a verdict on what goes along some paths. Pure bookkeeping."""

import itertools
from collections.abc import Callable
from operator import attrgetter

from simulator.network.path import Hold, Pass, Path, Verdict

RuleKey = tuple[str | None, str | None, str | None]
"""Source, destination and link; None is any."""


class Rule:
    """A fault in force: `verdict` for what goes from `source` to `destination` (None: any).

    Over `link`, or over all that join them. `number` counts the rules of a network: the lower wins.
    `lift` ends the fault; a second time does nothing.
    """

    def __init__(
        self, number: int, verdict: Verdict, key: RuleKey, lift: Callable[["Rule"], None]
    ) -> None:
        self.number = number
        self.verdict = verdict
        self.key = key
        self.source, self.destination, self.link = key
        self._lift = lift

    def matches(self, path: Path) -> bool:
        """Whether the rule decides about this path; no rule reaches a host's loopback."""
        if path.source == path.destination:
            return False
        asked = zip(self.key, (path.source, path.destination, path.link), strict=True)
        return all(mine in {None, theirs} for mine, theirs in asked)

    def lift(self) -> None:
        """End the fault."""
        self._lift(self)


class Rules:
    """All of a network, found by what they are about; `lift` is what lifting one does."""

    def __init__(self, lift: Callable[[Rule], None]) -> None:
        self._lift = lift
        self._by_key: dict[RuleKey, list[Rule]] = {}
        self._number = itertools.count().__next__

    def add(
        self,
        verdict: Verdict,
        source: str | None = None,
        destination: str | None = None,
        link: str | None = None,
    ) -> Rule:
        """A new one, which wins over none that is there."""
        rule = Rule(self._number(), verdict, (source, destination, link), self._lift)
        self._by_key.setdefault(rule.key, []).append(rule)
        return rule

    def remove(self, rule: Rule) -> bool:
        """Forget a rule; False where it was lifted before."""
        rules = self._by_key.get(rule.key, [])
        if rule not in rules:
            return False
        rules.remove(rule)
        if not rules:
            del self._by_key[rule.key]
        return True

    def verdict(self, path: Path) -> Verdict:
        """What the earliest of the rules that match says."""
        earliest = [rules[0] for rules in self._about(path)]
        return min(earliest, key=attrgetter("number")).verdict if earliest else Pass()

    def holds(self, path: Path) -> bool:
        """Whether one of them holds what goes along a path, whatever an earlier one does to it."""
        rules = itertools.chain.from_iterable(self._about(path))
        return any(type(rule.verdict) is Hold for rule in rules)

    def _about(self, path: Path) -> list[list[Rule]]:
        """Those that match, of each key in their order."""
        source, destination = path.source, path.destination
        keys: tuple[RuleKey, ...] = (
            (source, destination, path.link),
            (source, destination, None),
            (source, None, None),
            (None, destination, None),
            (None, None, None),
        )
        return [self._by_key[key] for key in keys if key in self._by_key]
