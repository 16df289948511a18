"""What takes a step back once its `for` is over, such as the heal of a cut."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from simulator.scenario.document import Piece
from simulator.scenario.expansion.sites import INTERNETWORK
from simulator.scenario.links import splits
from simulator.scenario.steps import fault_steps as faults

_Back = Callable[[Piece, Piece], "dict[str, Piece] | None"]


def taken_back(step: Piece, root: Piece) -> Piece | None:
    """The step that takes `step` back, at the same moment; None where nothing does."""
    action = next((key for key in step.entries() if key in _BACK), None)
    what = _BACK[action](step.entries()[action], root) if action else None
    if what is None:
        return None
    return replace(step, value={"at": step.entries()["at"], **what})


def _same(action: str) -> _Back:
    return lambda what, _: {action: what}


def _text(piece: Piece | None, text: str) -> Piece:
    return replace(piece, value=text) if piece else Piece(None, text)


def _with(action: str, what: Piece, **texts: str) -> dict[str, Piece]:
    entries = what.entries()
    changed = {key: _text(entries.get(key), text) for key, text in texts.items()}
    return {action: replace(what, value=entries | changed)}


def _both_ways(what: Piece, _: Piece) -> dict[str, Piece]:
    ends = [what.entries().get(key) for key in ("from", "to")]
    return {faults.Heal.action: replace(what, value="-".join(str(e and e.value) for e in ends))}


def _disk_freed(what: Piece, _: Piece) -> dict[str, Piece] | None:
    state = what.entries().get("is")
    full = state is not None and state.value == faults.FULL
    return _with(faults.Disk.action, what, **{"is": faults.FREED}) if full else None


def _clock_right(what: Piece, _: Piece) -> dict[str, Piece]:
    by = what.entries().get("by")
    turned = {"+": "-", "-": "+"}
    text = str(by.value) if by else ""
    return _with(faults.ClockStep.action, what, by=turned.get(text[:1], "") + text[1:])


def _as_declared(action: str) -> _Back:
    """The link's own latency or bandwidth, which stands under `links`."""

    def back(what: Piece, root: Piece) -> dict[str, Piece] | None:
        named = what.entries().get("link")
        link = _link(str(named.value) if named else "", root)
        declared = link.entries().get(action) if link else None
        return (
            {action: replace(what, value=what.entries() | {"to": declared})} if declared else None
        )

    return back


def _link(asked: str, root: Piece) -> Piece | None:
    """The link of that name, or the first that joins its two ends."""
    internetwork = root.entries().get(INTERNETWORK)
    links = internetwork.entries().get("links") if internetwork else None
    meant = [{one.casefold(), other.casefold()} for one, other in splits(asked)]
    for name, link in links.entries().items() if links else ():
        joins = link.entries().get("joins")
        ends = joins.plain() if joins else None
        pairs = [ends] if isinstance(ends, list) else splits(name)
        joined = [{str(end).casefold() for end in pair} for pair in pairs]
        if name.casefold() == asked.casefold() or any(pair in meant for pair in joined):
            return link
    return None


_BACK: Mapping[str, _Back] = {
    faults.Cut.action: _same(faults.Heal.action),
    faults.CutOneWay.action: _both_ways,
    faults.Drop.action: _same(faults.Heal.action),
    faults.Refuse.action: _same(faults.Heal.action),
    faults.Fail.action: _same(faults.Repair.action),
    faults.Latency.action: _as_declared(faults.Latency.action),
    faults.Bandwidth.action: _as_declared(faults.Bandwidth.action),
    faults.Loss.action: lambda what, _: _with(faults.Loss.action, what, percent="0"),
    faults.Crash.action: _same(faults.Start.action),
    faults.Freeze.action: _same(faults.Thaw.action),
    faults.ClockStep.action: _clock_right,
    faults.Disk.action: _disk_freed,
}

BACK = tuple(_BACK)
"""The actions that something takes back; of a disk, that it is full."""
