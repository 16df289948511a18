"""Live runs: the programs as processes, judged by the same oracle, compared with the simulation."""

import ipaddress
import os
import signal
import subprocess
import sys
import tempfile
import time  # noqa: TID251 - waits for a child process
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from live_scenarios import (
    SHORT_OUTAGE,
    before_the_outage,
    frozen_for_hours,
    one_fault_after_another,
    short_outage,
    too_narrow_for_hours,
)

from licensing.addresses import without_port
from licensing.events import Entry, ExpectationMet, HostStarted, RunBegan, RunEnded, WizardCompleted
from licensing.policies import HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.wall_time import wall_time_ns
from runtime.acceleration import RateUnsafe, require_safe_rate
from simulator.cli.app import main
from simulator.cli.live_commands import require_no_stall
from simulator.cli.wrong_call import WrongCall
from simulator.live.backend import Backend, Unavailable
from simulator.live.backends import BACKENDS, OVER_IPV6
from simulator.live.computer import Computer
from simulator.live.ip_version import IPV6
from simulator.live.live_setup import LiveSetup
from simulator.live.namespaces import NamespacesOverIpv6
from simulator.live.netns import RUN
from simulator.live.play import play_live
from simulator.live.processes import MODULES
from simulator.live.slow_parts import rate_plan_of
from simulator.loop.failures import ProgramDied
from simulator.oracle import Oracle
from simulator.report.histories import History, compare
from simulator.report.matching import first_difference
from simulator.runs.play import play
from simulator.scenario import ClientFile, OwnClients, Scenario
from simulator.worlds.disks import DISK_PREFIX

CUT_NS = HOUR_NS + 35 * MINUTE_NS
"""When the short outage begins: day 0, 09:35, of a scenario that starts at 08:00."""

TRIES = 3
"""How often a live run is played until this computer does not stand still in it."""

NETWORKS = {network.name: network for network in (*BACKENDS.values(), *OVER_IPV6.values())}

PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
COMPUTER = Computer(overshoot_s=0.0012, cores=2, tls=True)


def available(name: str) -> type[Backend]:
    """The back end, or a skip that says why there is none."""
    try:
        NETWORKS[name].probe()
    except Unavailable as reason:
        pytest.skip(f"{name}: {reason}")
    return NETWORKS[name]


def live_setup(name: str, scenario: Scenario | None = None) -> LiveSetup:
    """What a live run is played on: for a scenario, by default the short outage."""
    played = scenario or short_outage()
    return LiveSetup.now(played, available(name), rate_plan_of(played, COMPUTER), tls=True)


def until_undisturbed(
    test: Callable[[LiveSetup], None], name: str, scenario: Scenario | None = None
) -> None:
    """Test on it; again where that fails because this computer stood still, as it says."""
    for tries_left in reversed(range(TRIES)):
        played_on = live_setup(name, scenario)
        try:
            test(played_on)
        except (AssertionError, ProgramDied):
            if not (tries_left and played_on.stalls):
                raise
            print("again, because", *played_on.stalls, sep="\n")
        else:
            return


@pytest.mark.parametrize("name", list(BACKENDS))
@pytest.mark.parametrize(
    "scenario",
    [short_outage(), frozen_for_hours(), too_narrow_for_hours(), one_fault_after_another()],
    ids=["cut", "frozen", "narrow", "others"],
)
def test_a_live_run_has_the_history_of_the_simulated_one(scenario: Scenario, name: str) -> None:
    """Real processes, TLS, real cuts, SIGSTOP and SIGKILL: same facts and states."""
    _require_same_history(scenario, name, more_than=20)


def test_a_live_run_over_ipv6_has_the_history_of_the_simulated_one() -> None:
    """Certificates, settings and neighbors have IPv6 addresses, and no program notices."""
    told = _require_same_history(before_the_outage(), NamespacesOverIpv6.name, more_than=10)
    addresses = [
        entry.fact.master_address for entry in told if isinstance(entry.fact, WizardCompleted)
    ]
    assert len(addresses) == 2
    for address in addresses:
        assert ipaddress.ip_address(without_port(address)) in IPV6.programs


def _require_same_history(scenario: Scenario, name: str, *, more_than: int) -> list[Entry]:
    simulated = History()
    assert play(scenario, readers=[simulated]).holds
    told: list[Entry] = []

    def same_history(played_on: LiveSetup) -> None:
        live = History()
        told.clear()
        result = play_live(scenario, setup=played_on, readers=[live, told.append])
        assert result.holds, (result.violation, result.shortfalls)
        pairs = compare(simulated, live, tolerance=played_on.rate_plan.tolerance_ns)
        assert first_difference(pairs) is None
        assert len(pairs) > more_than
        # What a step freezes lasts longer, and is no fault of the computer.
        assert [stall for stall in played_on.stalls if stall.real_s > 2] == []

    until_undisturbed(same_history, name, scenario)
    return told


def test_a_process_that_stood_still_proves_nothing_and_is_named() -> None:
    """Somebody else's SIGSTOP for a second, with which nothing can be as it was to be."""
    stopped: list[subprocess.Popen[bytes]] = []

    def stop_north(entry: Entry) -> None:
        if isinstance(entry.fact, ExpectationMet) and not stopped:
            [node] = _nodes_of("north")
            outside = f"kill -STOP {node}; sleep 1; kill -CONT {node}"
            stopped.append(subprocess.Popen(["sh", "-c", outside]))

    played_on = live_setup("proxy")
    play_live(short_outage(), setup=played_on, readers=[stop_north])
    assert stopped[0].wait() == 0
    north = [stall for stall in played_on.stalls if stall.who == "node of north"]
    assert max(stall.real_s for stall in north) > 0.9
    with pytest.raises(
        WrongCall, match=r"nothing is proven: at day 0 .* node of north stood still"
    ):
        require_no_stall(short_outage(), played_on)


def test_a_process_that_dies_unasked_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last log lines: here the license server is a module that does not exist."""
    monkeypatch.setitem(MODULES, "cls", "no_such_program")
    with pytest.raises(ProgramDied, match=r"cls of internet died .*\n.*no_such_program"):
        play_live(short_outage(), setup=live_setup("proxy"))


def test_a_process_that_is_killed_unasked_fails_the_run() -> None:
    """In the middle of it, with the signal and the last log lines of that process."""

    def kill_north(entry: Entry) -> None:
        if isinstance(entry.fact, ExpectationMet):
            for pid in _nodes_of("north"):
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(ProgramDied, match=r"(?s)north was killed by SIGKILL:\n.*lease-installed"):
        play_live(short_outage(), setup=live_setup("proxy"), readers=[kill_north])


def test_a_client_of_somebody_is_a_process_and_is_judged() -> None:
    """By the oracle, at its instant: one that does not notice the loss of its central CLA."""
    file = Path(__file__).parents[1] / "deaf_node.py"
    own = OwnClients({"north": ClientFile(str(file), file.read_text())})

    def seen(played_on: LiveSetup) -> None:
        result = play_live(short_outage().with_clients(own), setup=played_on)
        assert result.violation is not None
        assert (result.violation.rule, result.violation.host) == ("O2", "north")
        due_after_ns = TIMING.noticed_ns - TIMING.heartbeat_ns  # the last answer is that old
        assert due_after_ns < result.violation.at_ns - CUT_NS < 2 * HOUR_NS

    until_undisturbed(seen, "proxy")


def test_a_live_journal_tells_the_whole_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--journal`, here without TLS: in order, to its end, and fit for another oracle."""
    scenario, journal = tmp_path / "short.yaml", tmp_path / "out.jsonl"
    scenario.write_text(SHORT_OUTAGE)
    command = ["live", str(scenario), "--network", "proxy", "--no-tls", "--journal", str(journal)]
    for _ in range(TRIES):
        status = main([*command, "--quiet"])
        said, complaint = capsys.readouterr()
        if "nothing is proven" not in complaint:
            break
    assert (status, complaint) == (0, "")
    assert said.startswith("short: holds")
    entries = [msgspec.json.decode(line, type=Entry) for line in journal.read_bytes().splitlines()]
    assert isinstance(entries[0].fact, RunBegan)
    assert entries[-1].fact == RunEnded(verdict="holds")
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    clocks = {e.fact.wall_ns - e.at for e in entries if isinstance(e.fact, HostStarted)}
    right_ns = wall_time_ns(short_outage().start)
    assert max(abs(clock_ns - right_ns) for clock_ns in clocks) < NS_PER_SECOND, "all are right"
    oracle = Oracle(tolerance_ns=rate_plan_of(short_outage(), COMPUTER).tolerance_ns)
    for entry in entries:
        oracle(entry)


def test_a_rate_that_is_too_fast_is_refused_with_the_arithmetic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sum stands in the message, and nothing is started."""
    with pytest.raises(RateUnsafe, match="120 s / 10 / "):
        require_safe_rate(1_000_000, 0.0012)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT_OUTAGE)
    assert main(["live", str(scenario), "--rate", "1000000"]) == 2
    assert "Safe is a tenth" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("numbers", "in_background", "name"),
    [
        ([signal.SIGKILL], False, "namespaces"),
        ([signal.SIGKILL], False, "proxy"),
        ([signal.SIGINT], False, "namespaces"),
        ([signal.SIGINT], False, "proxy"),
        ([signal.SIGINT, signal.SIGINT, signal.SIGINT], False, "proxy"),
        ([signal.SIGHUP], False, "proxy"),
        ([signal.SIGTERM], True, "proxy"),
    ],
    ids=lambda value: (
        " ".join(number.name for number in value) if isinstance(value, list) else None
    ),
)
def test_nothing_is_left_behind(
    numbers: list[signal.Signals], in_background: bool, name: str, tmp_path: Path
) -> None:
    """Whatever ends the supervisor: no process, no namespace and no directory a moment later.

    A shell lets a background job ignore Ctrl-C.
    """
    available(name)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT_OUTAGE)
    command = [sys.executable, "-m", "simulator", "live", str(scenario), "--network", name]
    with subprocess_ignoring(signal.SIGINT if in_background else None):
        supervisor = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
    _wait(lambda: len(_belongings(supervisor.pid, "/*/*/admin.sock")) == 4)
    children = _descendants(supervisor.pid)
    assert len(children) > 4
    for number in numbers:
        supervisor.send_signal(number)
        time.sleep(0.02)  # else they are one signal
    assert supervisor.wait(30) == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    _wait(lambda: not any(_alive(child) for child in children))
    _wait(lambda: _belongings(supervisor.pid) == [])


@pytest.mark.parametrize("name", list(BACKENDS))
def test_two_live_runs_at_once_leave_each_other_alone(name: str, tmp_path: Path) -> None:
    """The second starts, and removes what dead runs left behind, while the first is going on."""
    available(name)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SHORT_OUTAGE)
    command = [sys.executable, "-m", "simulator", "live", str(scenario), "--network", name]
    for _ in range(TRIES):
        with subprocess.Popen([*command, "--quiet"], **PIPES) as first:
            _wait(lambda: _belongings(first.pid, "/*/*/admin.sock"))
            with subprocess.Popen([*command, "--quiet"], **PIPES) as second:
                said = [run.communicate() for run in (first, second)]
        if not any("nothing is proven" in complaint for _, complaint in said):
            break
    assert all(out.startswith("short: holds: ") for out, _ in said), said
    assert _belongings(first.pid) == _belongings(second.pid) == []


@contextmanager
def subprocess_ignoring(number: signal.Signals | None) -> Iterator[None]:
    """What is started meanwhile ignores a signal, as it inherits that."""
    before = None if number is None else signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        if number is not None:
            signal.signal(number, before)


def _nodes_of(host: str) -> list[int]:
    return [pid for pid in _descendants(os.getpid()) if f"/{host}/node" in _command(pid)]


def _belongings(supervisor: int, inside: str = "") -> list[Path]:
    """The directories and namespaces of a run, or what is to be found in them."""
    places = [Path("/dev/shm"), Path(tempfile.gettempdir()), RUN]
    return [own for place in places for own in place.glob(f"{DISK_PREFIX}-{supervisor}-*{inside}")]


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in children]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it has just ended
        return ""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait(condition: object) -> None:
    for _ in range(300):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")
