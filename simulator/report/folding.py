"""The story of a large internetwork: lines that differ only in their site become one.

A cause that many sites share shows at each of them with its next heartbeat, which is at most an
hour later. So lines wait that long for their like, and no longer than the next step or fault: what
follows that stands after it.
"""

import re
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from licensing.policies import HOUR_NS, NS_PER_SECOND
from simulator.report.groups import ANY_SITE, Groups
from simulator.report.page import Line
from simulator.report.phrases import TIED, period
from simulator.scenario import Internetwork

_LONGEST_WAIT_NS = HOUR_NS
_TELEPHONES = re.compile(r"\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*(?= shows? )")
_HOLDERS = re.compile(r"\(\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*\)")
_JUDGED = re.compile(r"FAILED: wanted (.*); got (.*)")
_INSTANT = re.compile(r"day \d+ \d\d:\d\d:\d\d")


class _Fold(msgspec.Struct):
    """Lines that say the same, each of its own site; `text` is the first one's, without it."""

    text: str
    first: Line
    sites: list[str] = msgspec.field(default_factory=list)
    last: Line | None = None
    one_instant: bool = True

    def take(self, line: Line, site: str) -> None:
        self.sites.append(site)
        self.last = line
        self.one_instant &= _INSTANT.findall(line.text) == _INSTANT.findall(self.first.text)


class Folding:
    """Takes the lines of a story, and tells them to `tell`, folded; `end` tells the last ones."""

    def __init__(self, internetwork: Internetwork, tell: Callable[[Line], None]) -> None:
        self._groups = Groups(internetwork)
        self._tell = tell
        self._folds: dict[tuple[str, str, str], _Fold] = {}

    def __call__(self, line: Line) -> None:
        """Take the next line."""
        if judged := _JUDGED.fullmatch(line.text):
            wanted, got = map(self._groups.shared, judged.groups())
            line = replace(line, text=f"FAILED: wanted {wanted}; got {got}")
        site, text = self._site_and_text(line)
        where = line.where if site != line.where else self._groups.kind_of(site)
        key = (where, _INSTANT.sub("", text), line.tone)
        if key in self._folds and site in self._folds[key].sites:
            self.end()
        self._tell_older(line.at_ns if line.by_a_step else line.at_ns - _LONGEST_WAIT_NS)
        self._folds.setdefault(key, _Fold(text, line)).take(line, site)

    def end(self) -> None:
        """Tell what has waited."""
        for fold in self._folds.values():
            self._tell_fold(fold)
        self._folds.clear()

    def _tell_older(self, than_ns: int) -> None:
        """Tell what has waited since before then."""
        for key, fold in list(self._folds.items()):
            if fold.first.at_ns < than_ns:
                self._tell_fold(self._folds.pop(key))

    def _site_and_text(self, line: Line) -> tuple[str, str]:
        """Whom a line is about, and what it says of them as it might of any other."""
        text = _TELEPHONES.sub(f"their{TIED}telephones", line.text)
        text = _HOLDERS.sub(f"(their{TIED}telephones)", text)
        return self._groups.without_name(text, line.where)

    def _tell_fold(self, fold: _Fold) -> None:
        self._tell(fold.first if len(fold.sites) == 1 else self._folded(fold))

    def _folded(self, fold: _Fold) -> Line:
        called = self._groups.called(fold.sites)
        text = fold.text.replace(ANY_SITE, f"each of {called}")
        if not fold.one_instant:
            text = _INSTANT.sub(lambda told: f"{told[0]} at the earliest", text)
        note = "; ".join(filter(None, [self._groups.which(fold.sites), _spread(fold)]))
        where = fold.first.where if ANY_SITE in fold.text else called
        return replace(fold.first, where=where, text=f"{text} ({note})" if note else text)


def _spread(fold: _Fold) -> str:
    """How long it took from the first to the last of them; "" within a second."""
    assert fold.last, "a fold without a line"
    later_ns = (fold.last.at_ns - fold.first.at_ns) // NS_PER_SECOND * NS_PER_SECOND
    return f"within {period(later_ns)}" if later_ns else ""
