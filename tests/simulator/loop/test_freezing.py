"""A frozen host: its programs stall and do not know it, and go on where they were."""

import asyncio
import sys
from pathlib import Path

import pytest
from live_scenarios import SHORT_OUTAGE

from licensing.events import (
    DisplaysChanged,
    Entry,
    Fact,
    HoldEnded,
    HostFrozen,
    HostThawed,
    NothingChanged,
    RecoveryWindowBegan,
    StateChanged,
    StepRefused,
)
from licensing.policies import MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.words import NodeState
from master_cla.deadlines import Deadlines
from master_cla.holds import Holds
from simulator.cli.determinism import run_twice
from simulator.loop.runner import current_loop
from simulator.network.incarnation import Incarnation
from simulator.runs.play import Result, play
from simulator.scenario import parse_scenario

UNTIL_CUT = SHORT_OUTAGE.partition("  - {at: day 0 09:35")[0]


def scenario_text(*steps: str) -> str:
    """The short outage's internetwork, with other steps after its licensing."""
    return UNTIL_CUT + "".join(f"  - {{at: {step}}}\n" for step in steps)


def played(*steps: str) -> tuple[Result, list[Entry]]:
    """The same, played."""
    entries: list[Entry] = []
    scenario = parse_scenario(scenario_text(*steps), "frozen")
    return play(scenario, readers=[entries.append]), entries


def of(entries: list[Entry], host: str, kind: type[Fact]) -> list[Entry]:
    """The facts of a kind at a host."""
    return [entry for entry in entries if entry.host == host and isinstance(entry.fact, kind)]


def states(entries: list[Entry], host: str) -> list[NodeState]:
    """What the host's node became, in order."""
    changes = of(entries, host, StateChanged)
    return [entry.fact.after for entry in changes if isinstance(entry.fact, StateChanged)]


async def test_what_fell_due_runs_at_the_thaw_in_order() -> None:
    """Timers and callbacks, at the instant of the thaw; the rest of the world goes on."""
    loop, program, ran = current_loop(), Incarnation("north"), []
    for seconds in (2, 1, 3):
        note = lambda label: ran.append((label, loop.time_ns()))  # noqa: E731
        loop.call_later(seconds, note, seconds, context=program.context())
    cancelled = loop.call_later(1, ran.append, "cancelled", context=program.context())
    loop.freezer.freeze(program)
    await asyncio.sleep(2.5)
    assert ran == []
    cancelled.cancel()
    loop.freezer.thaw(program)
    await asyncio.sleep(1)
    assert ran == [(1, 2_500_000_000), (2, 2_500_000_000), (3, 3 * NS_PER_SECOND)]


async def test_a_frozen_program_that_crashes_runs_no_more() -> None:
    """What was put aside for it is dropped."""
    loop, program, ran = current_loop(), Incarnation("north"), []
    loop.call_later(1, ran.append, "late", context=program.context())
    loop.freezer.freeze(program)
    await asyncio.sleep(2)
    loop.fence(program)
    loop.freezer.thaw(program)
    await asyncio.sleep(1)
    assert ran == []


def test_nobody_notices_that_a_node_stands_still_between_two_heartbeats() -> None:
    """Its session is as it was."""
    result, entries = played(
        "day 0 10:05, freeze: north",
        "day 0 10:15, thaw: north",
        "day 0 12:00, expect: {all: regular}",
    )
    assert result.holds
    assert [entry.at for entry in of(entries, "north", HostFrozen)] == [125 * MINUTE_NS]
    assert [entry.at for entry in of(entries, "north", HostThawed)] == [135 * MINUTE_NS]
    assert NodeState.FAILOVER not in states(entries, "north")


def test_a_node_goes_on_after_its_thaw_and_is_regular() -> None:
    """Three hours without a heartbeat: nothing of it happens meanwhile."""
    result, entries = played(
        "day 0 10:05, freeze: north",
        "day 0 13:05, thaw: north",
        "day 0 17:00, expect: {all: regular}",
    )
    assert result.holds
    frost = range(125 * MINUTE_NS + 1, 305 * MINUTE_NS)
    between = [entry for entry in entries if entry.host == "north" and entry.at in frost]
    assert between == []


def test_a_node_that_was_cut_off_meanwhile_is_in_failover_after_its_thaw() -> None:
    """It notices late, and counts from its last good answer."""
    result, entries = played(
        "day 0 09:35, cut: hq-north",
        "day 0 09:36, freeze: north",
        "day 2 09:00, thaw: north",
        "day 2 12:00, expect: {node: north, state: failover}",
    )
    assert result.holds
    assert states(entries, "north")[-1] is NodeState.FAILOVER


def test_a_period_that_ends_in_the_frost_has_ended_at_the_thaw() -> None:
    """Its clock ran on: emergency mode at once, and not a period later."""
    result, entries = played(
        "day 0 09:35, cut: hq-north",
        "day 1 09:00, freeze: north",
        "day 33 09:00, thaw: north",
        "day 33 09:01, expect: {node: north, state: emergency}",
    )
    assert result.holds
    [thawed] = of(entries, "north", HostThawed)
    assert of(entries, "north", StateChanged)[-1].at == thawed.at


def test_a_central_cla_that_stood_still_for_almost_a_period_expires_nobody() -> None:
    """Nodes in failover come back first (A10); here they were back within their period."""
    result, entries = played(
        "day 1 09:00, freeze: hq",
        "day 28 09:00, thaw: hq",
        "day 28 12:00, expect: {all: regular}",
    )
    assert result.holds
    assert NodeState.FAILOVER in states(entries, "north")
    assert NodeState.EMERGENCY not in states(entries, "north")
    assert of(entries, "hq", HoldEnded) == []


@pytest.mark.parametrize("hours", [1, 3, 24 * 20])
def test_a_thawed_node_on_a_healthy_link_never_shows_failover(hours: int) -> None:
    """F17: it dials at once; but the time for which it stood still is used up."""
    result, entries = played(
        "day 1 09:00, freeze: north",
        f"day {1 + (9 + hours) // 24} {(9 + hours) % 24:02}:30, thaw: north",
        "day 25 12:00, expect: {all: regular}",
    )
    assert result.holds
    assert states(entries, "north") == [NodeState.REGULAR]
    shown = [entry.fact for entry in of(entries, "north", DisplaysChanged)]
    assert not any(text for fact in shown for text in fact.displays.values())


def test_holds_that_ended_in_the_frost_end_after_a_recovery_window() -> None:
    """A10: then the central CLA takes nothing from a node whose own period has not ended."""
    result, entries = played(
        "day 1 09:00, freeze: hq",
        "day 40 09:00, thaw: hq",
        "day 40 10:20, expect: {node: all, state: emergency}",
    )
    assert result.holds
    ended = of(entries, "hq", HoldEnded)
    assert ended
    [thawed] = of(entries, "hq", HostThawed)
    [began] = [entry.at for entry in of(entries, "hq", RecoveryWindowBegan)]
    assert began == thawed.at
    for entry in ended:
        assert entry.at >= began + TIMING.recovery_window_ns
        assert isinstance(entry.fact, HoldEnded)
        assert states(entries, entry.fact.node)[-1] is NodeState.EMERGENCY


SLAVE_AWAY = (
    "day 1 09:00, cut: hq-north",
    "day 30 09:00, freeze: hq",
    "day 32 09:00, thaw: hq",
    "day 32 12:00, expect: {node: north, state: emergency}",
)


def test_a_slave_whose_hold_ended_in_the_frost_is_counted_out_after_the_window() -> None:
    """Not at the thaw, though that is more than a day too late."""
    result, entries = played(*SLAVE_AWAY)
    assert result.holds
    [thawed] = of(entries, "hq", HostThawed)
    [ended] = of(entries, "hq", HoldEnded)
    assert ended.at == thawed.at + TIMING.recovery_window_ns


def test_a_cla_that_takes_seats_at_its_thaw_breaks_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: it does not notice that it stood still."""

    async def notice_nothing(*_: object) -> None:
        """As if no time had passed."""

    monkeypatch.setattr(Deadlines, "_notice_stall", notice_nothing)
    result, entries = played(*SLAVE_AWAY)
    assert result.violation is not None
    assert result.violation.rule == "O1"
    assert of(entries, "hq", HoldEnded)[-1].at == of(entries, "hq", HostThawed)[-1].at


def test_a_cla_that_forgets_its_window_breaks_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one: it states the window and reclaims in it."""
    whole = Holds.begin_recovery_window

    def begin(self: Holds, now: int, not_before_ns: int = 0) -> None:
        whole(self, now, not_before_ns)
        self._ledger.reclaim_not_before_ns -= TIMING.clock_slack_ns

    monkeypatch.setattr(Holds, "begin_recovery_window", begin)
    result, _ = played(*SLAVE_AWAY)
    assert result.violation is not None
    assert result.violation.rule == "O1"


def test_a_frozen_host_answers_no_step_at_once() -> None:
    """Nobody waits for it."""
    _, entries = played(
        "day 0 10:05, freeze: north",
        "day 0 10:06, unlock: north",
        "day 0 10:15, thaw: north",
    )
    [refused] = of(entries, "world", StepRefused)
    assert refused.at == 126 * MINUTE_NS
    assert "frozen" in getattr(refused.fact, "text", "")


@pytest.mark.parametrize(
    "steps",
    [
        ["day 0 10:05, thaw: north"],
        ["day 0 10:05, freeze: north", "day 0 10:06, freeze: north"],
        ["day 0 10:05, crash: north", "day 0 10:06, freeze: north"],
        ["day 0 10:05, freeze: north", "day 0 10:06, crash: north", "day 0 10:07, thaw: north"],
    ],
)
def test_what_has_no_effect_is_told(steps: list[str]) -> None:
    """A host is frozen once, and only where it has power; a power failure ends it."""
    _, entries = played(*steps)
    assert len(of(entries, "world", NothingChanged)) == 1


def test_a_run_ends_with_a_host_frozen() -> None:
    """It is thawed to be stopped, as systemd does."""
    result, _ = played("day 0 10:05, freeze: hq", "day 0 12:00, freeze: north")
    assert result.holds


FROZEN_OFTEN = (
    "day 0 10:05, freeze: hq",
    "day 0 10:05, freeze: north",
    "day 0 12:00, thaw: north",
    "day 3 12:00, thaw: hq",
    "day 4 08:00, unlock: all",
    "day 4 08:01, freeze: hq",
    "day 5 09:00, thaw: hq",
    "day 5 12:00, expect: {node: north, state: regular}",
)


def with_a_second_slave(text: str) -> str:
    """Another node that dials the frozen host, so that an order shows."""
    north = "    north: {model: X3"
    south = "    south: {model: X3, role: slave, subscribers: [{numbers: 300-301, type: up0}]}\n"
    link = "    hq-south: {bandwidth: 20 Mbit/s, latency: 15 ms}\n    hq-internet:"
    text = text.replace(north, south + north).replace("    hq-internet:", link)
    return text.replace("networking: 1", "networking: 2")


REORDERED = """
import sys
from collections import deque
from simulator.cli.app import main
from simulator.loop.freezing import Freezer

give_up = Freezer.give_up
def reordered(self, incarnation):
    put_aside = list(give_up(self, incarnation))
    named = {f"{number}": handle for number, handle in enumerate(put_aside)}
    return deque(named[number] for number in set(named))

Freezer.give_up = reordered
sys.exit(main(sys.argv[1:]))
"""
"""The planted leak: what was put aside comes back in the order of a set."""


@pytest.mark.parametrize(
    ("program", "repeatable"),
    [(["-m", "simulator"], True), (["-c", REORDERED], False)],
    ids=["as it is", "planted"],
)
def test_frost_and_thaw_are_repeatable(
    tmp_path: Path, program: list[str], repeatable: bool
) -> None:
    """The same journal to the last byte, in two processes with other hash seeds."""
    file = tmp_path / "frozen.yaml"
    file.write_text(with_a_second_slave(scenario_text(*FROZEN_OFTEN)))
    command = [sys.executable, *program, "run", str(file), "--journal", "-", "--quiet"]
    accepted = (0,) if repeatable else (0, 1)
    assert (run_twice(command, accepted=accepted) is None) is repeatable
