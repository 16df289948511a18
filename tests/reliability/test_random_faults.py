"""Runs of the explorer, and a day of faults among ten nodes that real processes can play, too.

Eight explored runs and four days in the simulated world by default, `INTERNETSIM_FAULT_SEEDS=200`
for more. With `INTERNETSIM_LIVE_FAULTS=SEED` one such day is played with real processes, on both
kinds of network, at the fastest honest rate: that takes some minutes each, and wants a computer to
itself.
"""

import json
import os
import random  # noqa: TID251 - seeded: the same faults in every run
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from processes import ROOT

from licensing.events import Entry, ExpectationFailed, StateChanged
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.words import NodeState
from nodes.failover.machine import Failover, Reading, StoredFailover
from runtime.acceleration import measured_overshoot_s
from simulator.cli.live_commands import require_no_stall
from simulator.explore.draws import drawn_run
from simulator.explore.played_run import played
from simulator.explore.technician import RECOVERY_NS
from simulator.live.backend import Unavailable
from simulator.live.backends import BACKENDS
from simulator.live.computer import Computer
from simulator.live.live_setup import LiveSetup
from simulator.live.play import play_live
from simulator.live.processes import preferred
from simulator.live.slow_parts import rate_plan_of
from simulator.runs.play import Result, play
from simulator.scenario import Scenario, load_scenario, parse_scenario, plain_text
from simulator.worlds.link_faults import LinkFaults
from simulator.worlds.simulated import SimulatedWorld

SEEDS = int(os.environ.get("INTERNETSIM_FAULT_SEEDS", "4"))
EXPLORED = 2 * SEEDS
LIVE_SEED = os.environ.get("INTERNETSIM_LIVE_FAULTS", "")
SLAVES = [f"s{number}" for number in range(1, 10)]
HOSTS = ["hq", *SLAVES]

AFTER_A_START_NS = 20 * MINUTE_NS
"""Nothing happens for so long after a start, so that live runs need not be slow."""

BANDWIDTH = "20 Mbit/s"
"""Of each link, until a fault changes it and after it."""

_LICENSED_NS = 9 * HOUR_NS + 30 * MINUTE_NS
_FIRST_FAULT_NS = 10 * HOUR_NS
_LAST_FAULT_NS = _FIRST_FAULT_NS + DAY_NS


def written(instant_ns: int) -> str:
    """An instant of the timeline, in nanoseconds since midnight, as a scenario says it."""
    days, rest = divmod(instant_ns // 1_000_000_000, 86_400)
    hours, minutes, seconds = rest // 3600, rest // 60 % 60, rest % 60
    return f"day {days} {hours:02}:{minutes:02}:{seconds:02}"


class Faults:
    """A timeline of faults drawn from a seed; what is broken is remembered, and mended at last."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.steps: list[dict[str, Any]] = []
        self.cut: set[str] = set()
        self.lossy: set[str] = set()
        self.narrow: set[str] = set()
        self.down: set[str] = set()
        self.frozen: set[str] = set()
        self.forgotten: set[str] = set()
        self.full: set[str] = set()
        self.changed: set[str] = set()
        self.boards = 0
        self.ahead = dict.fromkeys(HOSTS, 0)
        self.now_ns = _FIRST_FAULT_NS

    def draw(self) -> list[dict[str, Any]]:
        """A day of faults, then everything healed and switched on."""
        faults = [self.cut_link, self.cut_one_way, self.drop, self.refuse, self.reset]
        faults += [self.heal, self.heal, self.heal, self.heal]
        faults += [self.set_latency, self.set_loss, self.set_bandwidth]
        faults += [self.crash, self.start, self.start, self.freeze, self.thaw, self.thaw]
        faults += [self.step_clock, self.unlock, self.unlock, self.forget, *self.further()]
        faults += [self.fill_disk, self.free_disk, self.free_disk]
        faults += [self.lose_disk, self.restore_disk, self.replace_hardware]
        while self.now_ns < _LAST_FAULT_NS:
            self.dice.choice(faults)()
        self.mend()
        self.now_ns += RECOVERY_NS
        self.step(expect={"all": "regular"})
        return self.steps

    def further(self) -> list[Callable[[], None]]:
        """What else may happen."""
        return []

    def mend(self) -> None:
        """Nothing is broken any more, and everybody is known."""
        self.repair()
        self.make_known()

    def repair(self) -> None:
        """Links, hosts and disks are whole."""
        for name in sorted(self.cut):
            self.step(heal=f"hq-{name}")
        for name in sorted(self.lossy):
            self.step(loss={"link": f"hq-{name}", "percent": 0})
        for name in sorted(self.narrow):
            self.step(bandwidth={"link": f"hq-{name}", "to": BANDWIDTH})
        for host in sorted(self.frozen):
            self.step(thaw=host)
        for host in sorted(self.down):
            self.step(AFTER_A_START_NS, start=host)
        for host in sorted(self.full):
            self.step(AFTER_A_START_NS, disk={"node": host, "is": "freed"})

    def make_known(self) -> None:
        """The Network Wizard of each slave that the central CLA may not know any more."""
        for name in sorted(self.forgotten | self.changed):
            wizard = {"node": name, "role": "slave", "master": "hq", "destroyed": "yes"}
            self.step(wizard=wizard)

    def step(self, pause_ns: int = 0, **what: object) -> None:
        """Something happens now; `pause_ns` later the next may."""
        self.steps.append({"at": written(self.now_ns), **what})
        self.now_ns += pause_ns

    def pause_ns(self) -> int:
        """Until the next fault."""
        return self.dice.randint(1, 20) * MINUTE_NS

    def cut_link(self) -> None:
        """Both ways."""
        name = self.dice.choice(SLAVES)
        self.cut.add(name)
        self.step(self.pause_ns(), cut=f"hq-{name}")

    def cut_one_way(self) -> None:
        """One way, either."""
        name = self.dice.choice(SLAVES)
        source, destination = self.dice.sample(["hq", name], 2)
        self.cut.add(name)
        self.step(self.pause_ns(), cut_one_way={"from": source, "to": destination})

    def drop(self) -> None:
        """What is sent is lost for good."""
        name = self.dice.choice(SLAVES)
        self.cut.add(name)
        self.step(self.pause_ns(), drop=f"hq-{name}")

    def refuse(self) -> None:
        """New connections are refused; open ones stay."""
        name = self.dice.choice(SLAVES)
        self.cut.add(name)
        self.step(self.pause_ns(), refuse=f"hq-{name}")

    def reset(self) -> None:
        """Open connections end, and new ones may be opened at once."""
        self.step(self.pause_ns(), reset=f"hq-{self.dice.choice(SLAVES)}")

    def heal(self) -> None:
        """One of the links that are cut, or lose or refuse everything."""
        if self.cut:
            name = self.dice.choice(sorted(self.cut))
            self.cut.remove(name)
            self.step(self.pause_ns(), heal=f"hq-{name}")

    def crash(self) -> None:
        """Power off, the master's host too."""
        host = self.dice.choice(HOSTS)
        if host not in self.down:
            self.down.add(host)
            self.frozen.discard(host)
            self.step(self.pause_ns(), crash=host)

    def start(self) -> None:
        """Power on."""
        if self.down:
            host = self.dice.choice(sorted(self.down))
            self.down.remove(host)
            self.step(AFTER_A_START_NS, start=host)

    def freeze(self) -> None:
        """Programs stall, the central CLA too."""
        host = self.dice.choice(HOSTS)
        if host not in self.down | self.frozen:
            self.frozen.add(host)
            self.step(self.pause_ns(), freeze=host)

    def thaw(self) -> None:
        """They go on."""
        if self.frozen:
            host = self.dice.choice(sorted(self.frozen))
            self.frozen.remove(host)
            self.step(self.pause_ns(), thaw=host)

    def forget(self) -> None:
        """The master forgets a slave that may not answer; at last it is made known again."""
        unreached = sorted((self.cut | self.down) - {"hq"} - self.forgotten)
        if unreached:
            name = self.dice.choice(unreached)
            self.forgotten.add(name)
            self.step(self.pause_ns(), forget={"node": name})

    def step_clock(self) -> None:
        """Up to three hours wrong, and right again."""
        host = self.dice.choice(HOSTS)
        by = -self.ahead[host] or self.dice.choice([-180, -60, -10, 10, 60, 180])
        self.ahead[host] += by
        self.step(self.pause_ns(), clock={"node": host, "by": f"{by:+} min"})

    def fill_disk(self) -> None:
        """Nothing can be written any more, maybe at the master, until somebody makes room."""
        host = self.dice.choice(HOSTS)
        if host not in self.full:
            self.full.add(host)
            self.step(self.pause_ns(), disk={"node": host, "is": "full"})

    def free_disk(self) -> None:
        """Room again; the programs are started within half a minute."""
        if self.full:
            host = self.dice.choice(sorted(self.full))
            self.full.remove(host)
            self.step(AFTER_A_START_NS, disk={"node": host, "is": "freed"})

    def lose_disk(self) -> None:
        """A slave has an empty disk; at last its new key is made known."""
        self.anew(self.dice.choice(SLAVES), disk={"is": "lost"})

    def restore_disk(self) -> None:
        """A backup is put back, maybe the master's, that is up to ten hours old."""
        saved_ns = self.now_ns - self.dice.randint(1, 60) * 10 * MINUTE_NS
        saved = written(max(saved_ns, _LICENSED_NS))
        self.anew(self.dice.choice(HOSTS), disk={"restored_from": saved})

    def replace_hardware(self) -> None:
        """Another mainboard in a slave, whose records are foreign to it."""
        self.boards += 1
        locking_id = f"00-1A-E8-4C-FF-{self.boards:02X}"
        self.anew(self.dice.choice(SLAVES), replace_hardware={"locking_id": locking_id})

    def anew(self, host: str, **step: dict[str, str]) -> None:
        """The programs of a host start on something else; its Network Wizard runs at last."""
        if host not in self.down | self.frozen:
            [(action, what)] = step.items()
            self.changed.update(SLAVES if host == "hq" else [host])
            if action == "disk":  # another mainboard has the same one, as full as it was
                self.full.discard(host)
            self.step(AFTER_A_START_NS, **{action: {"node": host, **what}})

    def set_latency(self) -> None:
        """From a wire to a satellite."""
        name = self.dice.choice(SLAVES)
        to = f"{self.dice.choice([1, 15, 200, 900])} ms"
        self.step(self.pause_ns(), latency={"link": f"hq-{name}", "to": to})

    def set_loss(self) -> None:
        """A share of what is sent has to be repeated."""
        name, percent = self.dice.choice(SLAVES), self.dice.choice([0, 1, 10, 30])
        (self.lossy.add if percent else self.lossy.discard)(name)
        self.step(self.pause_ns(), loss={"link": f"hq-{name}", "percent": percent})

    def set_bandwidth(self) -> None:
        """From a modem to what was planned."""
        name, to = self.dice.choice(SLAVES), self.dice.choice(["33 kbit/s", "1 Mbit/s", BANDWIDTH])
        self.narrow.add(name)
        self.step(self.pause_ns(), bandwidth={"link": f"hq-{name}", "to": to})

    def unlock(self) -> None:
        """Somebody moves a license; whether the CLA can be asked is part of the game."""
        name = self.dice.choice(SLAVES)
        if name not in self.down | self.frozen:
            number, action = f"{name[1]}00", self.dice.choice(["assign", "unassign"])
            self.step(**{action: {"number": number, "license": "ip"}})
            self.step(self.pause_ns(), unlock=name)


def activation(lac: str) -> dict[str, Any]:
    """What the master's technician enters for an order."""
    registration = {"company": "Example", "contact": "it@example.com"}
    return {"node": "hq", "lac": lac, "registration": registration}


def written_day(seed: int, faults: Faults) -> dict[str, Any]:
    """A day of faults as its author would write it."""
    return {
        "title": f"Random faults {seed}",
        "about": "A day of faults, then none.",
        "start": "2026-03-02 08:00",
        "seed": str(seed),
        "internetwork": {
            "nodes": {name: _node(place, name) for place, name in enumerate(HOSTS)},
            "links": {
                f"hq-{name}": {"bandwidth": BANDWIDTH, "latency": "15 ms"}
                for name in [*SLAVES, "internet"]
            },
            "purchase": {"LAC-1": {"base": "1", "networking": "9", "ip": "15"}},
        },
        "timeline": [
            {"at": "day 0 08:30", "activate": activation("LAC-1")},
            {"at": "day 0 09:00", "unlock": "all"},
            *faults.draw(),
        ],
    }


def day_of_faults(seed: int, policies: Mapping[str, str] | None = None) -> Scenario:
    """Ten nodes, for whose slaves not enough is bought, and what happens to them."""
    return parse_scenario({**written_day(seed, Faults(seed)), "policies": dict(policies or {})})


def _node(place: int, name: str) -> dict[str, Any]:
    prefix = place or 10
    group = {"numbers": f"{prefix}00-{prefix}01", "type": "ip-hfa", "licenses": ["ip"]}
    trunk = {"name": f"itsp-{place}", "kind": "itsp", "channels": "2", "licensed": "0"}
    model, role = ("S", "master") if name == "hq" else ("X3", "slave")
    return {"model": model, "role": role, "subscribers": [group], "trunks": [trunk]}


def failures(result: Result, entries: Sequence[Entry]) -> list[str]:
    """What the oracle saw, and who is not regular at the end; refusals are part of the game.

    And that nobody was ever cut off, for then the faults were none.
    """
    found = [str(result.violation)] if result.violation else []
    found += [str(e.fact) for e in result.shortfalls if isinstance(e.fact, ExpectationFailed)]
    return found if found or nodes_cut_off(entries) else ["the faults did nothing"]


def nodes_cut_off(entries: Sequence[Entry]) -> set[str]:
    """The nodes that were in failover, or slept through it into emergency mode."""
    past_regular = (NodeState.FAILOVER, NodeState.EMERGENCY)
    changes = (entry for entry in entries if isinstance(entry.fact, StateChanged))
    return {entry.host for entry in changes if entry.fact.after in past_regular}


def failures_of_a_day(seed: int) -> list[str]:
    """The same of a simulated day."""
    entries: list[Entry] = []
    return failures(play(day_of_faults(seed), readers=[entries.append]), entries)


@pytest.mark.parametrize("seed", range(1, 1 + EXPLORED))
def test_an_explored_run_breaks_no_rule_and_ends_regular(seed: int) -> None:
    """O1 to O10 at each fact; then faults end, the technician comes, and all are regular (O8)."""
    run = played(drawn_run(seed).scenario)
    assert not run.verdict.fails, run.says


@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_an_explored_run_is_that_of_a_fresh_process(seed: int, tmp_path: Path) -> None:
    """What a process keeps from the runs before follows from no seed, and changes none."""
    path, outcome = tmp_path / "run.yaml", tmp_path / "outcome.json"
    path.write_text(plain_text(drawn_run(seed).scenario))
    command = [sys.executable, "-m", "simulator", "run", "--quiet", "--json", outcome, path]
    subprocess.run(command, cwd=ROOT, check=False)
    alone = json.loads(outcome.read_text())
    assert alone["digest"] == played(load_scenario(path), mended=False).digest


def test_faults_that_do_nothing_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: every link and every host goes on as if nothing had happened."""

    def nothing(*_: object, **__: object) -> None:
        """All goes on."""

    for fault in ("cut", "cut_one_way", "drop", "refuse", "reset"):
        monkeypatch.setattr(LinkFaults, fault, nothing)
    monkeypatch.setattr(SimulatedWorld, "freeze", nothing)
    for fault in ("crash", "fill_disk", "lose_disk", "restore_disk", "replace_hardware"):
        monkeypatch.setattr(Faults, fault, lambda _: None)
    assert failures_of_a_day(0) == ["the faults did nothing"]


def test_a_node_that_begins_its_failover_period_late_after_a_restart_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: a restarted node believes in a grace of a day before failover begins."""
    begin = Failover.__init__

    def begin_trusting(self: Failover, stored: StoredFailover, now: Reading) -> None:
        begin(self, stored, now)
        if self._lost_at_ns is not None:
            self._lost_at_ns += DAY_NS

    monkeypatch.setattr(Failover, "__init__", begin_trusting)
    assert any(failures_of_a_day(seed) for seed in range(3))


@pytest.mark.skipif(not LIVE_SEED, reason="on request: INTERNETSIM_LIVE_FAULTS=SEED")
@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_day_of_faults_with_real_processes(name: str) -> None:
    """The same promises with SIGKILL, SIGSTOP, real sockets and real cuts, on both networks."""
    scenario, entries = day_of_faults(int(LIVE_SEED or 0)), []
    setup = live_setup(scenario, name)
    result = play_live(scenario, setup=setup, readers=[entries.append])
    found, cut_off = failures(result, entries), nodes_cut_off(entries)
    print(f"{name}: {result.entries} facts, cut off {', '.join(sorted(cut_off))}")
    print(*setup.stalls, sep="\n")
    if found:
        require_no_stall(scenario, setup)  # then nothing is proven, and it says why
    assert found == []


def live_setup(scenario: Scenario, name: str) -> LiveSetup:
    """A network of that name at the fastest honest rate, or a skip that says why there is none."""
    try:
        BACKENDS[name].probe()
    except Unavailable as reason:
        pytest.skip(f"{name}: {reason}")
    with preferred():
        computer = Computer.this(measured_overshoot_s(), tls=True)
    return LiveSetup.now(scenario, BACKENDS[name], rate_plan_of(scenario, computer), tls=True)
