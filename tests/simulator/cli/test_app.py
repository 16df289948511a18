"""The command line as a person and a pipe see it: output, exit statuses, and its ends."""

import errno
import hashlib
import io
import json
import os
import pty
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import cyclopts
import pytest
from processes import shown

from licensing.events import RunBegan, RunEnded, StateChanged
from licensing.words import NodeState
from runtime.journal import read_journal
from simulator.cli import commands, second_run
from simulator.cli.app import app, main
from simulator.cli.named_scenarios import Called
from simulator.cli.options import outputs
from simulator.cli.options.outputs import Outputs
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.cli.wrong_call import WrongCall
from simulator.loop.failures import Deadlock
from simulator.oracle import Violation
from simulator.oracle.violation import RULES
from simulator.scenario import load_scenario

ROOT = Path(__file__).parents[3]
SHIPPED = DIRECTORY / "more-assigned-than-bought.yaml"
UNWARNED = DIRECTORY / "slave-cut-off-31-days.yaml"
AGAIN = str(SHIPPED.parent / ".." / SHIPPED.parent.name / SHIPPED.name)
"""The same file by another name."""
ESCAPE = "\x1b"

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A short scenario that holds."""
    path = tmp_path / "short.yaml"
    path.write_text(SHIPPED.read_text().replace("title: More", "title: Short, and more"))
    return path


@pytest.fixture
def failing(scenario: Path) -> Path:
    """The same, with an expectation in line 26 that does not hold."""
    scenario.write_text(scenario.read_text().replace("all: regular", "all: failover"))
    return scenario


def command(*arguments: object) -> list[str]:
    """The command that a person types."""
    return [sys.executable, "-m", "simulator", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """The environment in which a child finds the packages, and no wish about colors."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | changes


def on_terminal(child: list[str], *, is_watched: bool = False, **changes: str) -> str:
    """What a command writes on a terminal; a bar is for who watches the standard error, too."""
    screen, terminal = pty.openpty()
    stderr = terminal if is_watched else subprocess.DEVNULL
    with subprocess.Popen(child, stdout=terminal, stderr=stderr, env=environment(**changes)):
        os.close(terminal)
        return shown(screen)


# Playing.


def test_a_scenario_that_holds(scenario: Path, capsys: Captured) -> None:
    """Title, internetwork, timeline, license table, and the verdict as the last line."""
    assert main(["run", str(scenario)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Short, and more licenses are assigned than were bought\n")
    assert "OpenScape Business X3" in out
    assert re.search(r"not licensed:\s+2 x tdm \(208-209\), no tdm\s+license is free", out)
    assert re.search(r"^TDM User +8 +8 +- +- +- +8 +-$", out, re.MULTILINE)
    assert out.splitlines()[-1] == "holds: 7 expectations met in 6 h"


def test_a_failed_expectation(failing: Path, capsys: Captured) -> None:
    """Status 1; file and line, wanted, got, last facts, how to repeat it, the verdict last."""
    assert main(["run", str(failing), "--seed", "7"]) == 1
    out = capsys.readouterr().out
    line = 1 + failing.read_text()[: failing.read_text().index("failover}")].count("\n")
    assert f"{failing}:{line}: expect every node: failover" in out
    assert "wanted hq state: failover, north state: failover, south state: failover" in out
    assert "got    hq state: regular, north state: regular, south state: regular" in out
    assert re.search(r"^    day 0 10:00:00  north  licensed: 8 x tdm", out, re.MULTILINE)
    assert f"to repeat it: internetsim run {failing} --seed 7" in out
    assert out.splitlines()[-1] == "fails: 1 of 7 expectations not met"


def test_a_refused_step(scenario: Path, capsys: Captured) -> None:
    """A step that a program refuses is no success, and says why."""
    again = "  - {at: day 0 15:00, relicense: {node: hq}}\n"
    scenario.write_text(scenario.read_text() + again)
    assert main(["run", str(scenario)]) == 1
    out = capsys.readouterr().out
    assert "refused, relicensing-not-required: The central CLA does not report" in out
    assert out.splitlines()[-1] == "fails: 0 of 7 expectations not met, 1 step refused"


@pytest.mark.parametrize(
    ("rule", "expected", "why"),
    [
        ("O3", "silence", "day 0 09:00:00  hq  activation-period -> regular"),
        ("O1", "at most 40 x ip", "day 0 09:00:00  hq  central CLA: 40 x ip free"),
    ],
)
def test_a_violation(
    rule: str,
    expected: str,
    why: str,
    scenario: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seed, time, the rule by number, what was seen, last facts, the chain, how to repeat it."""

    def suspicious(self: object, entry: object) -> None:
        fact = getattr(entry, "fact", None)
        if isinstance(fact, StateChanged) and fact.after is NodeState.REGULAR:
            raise Violation(
                rule,
                "hq",
                at_ns=3600 * 10**9,
                expected=expected,
                seen="a word",
                last_facts=[entry],
            )

    monkeypatch.setattr("simulator.oracle.Oracle.__call__", suspicious)
    assert main(["run", str(scenario), "--seed", "7"]) == 1
    out = capsys.readouterr().out
    assert f"{rule} broken by hq: {RULES[rule]}" in out
    assert "at       day 0 09:00:00, seed 7" in out
    assert f"expected {expected}\n  seen     a word\n" in out
    assert f"  why\n    {why}" in out
    assert "day 0 09:00:00  hq  activation-period -> regular" in out
    assert f"to repeat it: internetsim run {scenario} --seed 7" in out
    assert out.splitlines()[-1].startswith(f"violated: {rule} broken by hq after 1 h")


def test_a_run_says_before_what_check_warns_of(capsys: Captured) -> None:
    """On the standard error, and not where the verdict alone is asked for."""
    main(["check", str(SHIPPED)])
    warnings = capsys.readouterr().out.count("is a warning")
    main(["run", str(SHIPPED)])
    said = capsys.readouterr()
    assert said.err.count("warning: ") == warnings == 2
    assert "warning: " not in said.out
    main(["run", str(SHIPPED), "--quiet"])
    assert not capsys.readouterr().err


def test_quiet_is_the_verdict_alone(scenario: Path, capsys: Captured) -> None:
    """One line for each scenario, and one for all of them where there are several."""
    assert main(["run", "--quiet", str(scenario)]) == 0
    assert capsys.readouterr().out == "short: holds: 7 expectations met in 6 h\n"
    assert main(["run", "--quiet", str(scenario), str(scenario)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "all 2 scenarios hold"


def test_several_of_which_one_fails(failing: Path, capsys: Captured) -> None:
    """The last line names those that do not hold."""
    assert main(["run", "--quiet", str(failing), str(SHIPPED)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "1 of 2 scenarios do not hold: short"


def test_a_shipped_scenario_by_its_name(capsys: Captured) -> None:
    """No path is needed for what comes with the product."""
    assert main(["run", "--quiet", SHIPPED.stem]) == 0
    assert capsys.readouterr().out.startswith("more-assigned-than-bought: holds")


def test_a_journal_holds_every_fact(scenario: Path, tmp_path: Path, capsys: Captured) -> None:
    """Canonical lines, the first and the last as they must be, and the seed that was asked for."""
    journal = tmp_path / "facts.jsonl"
    verify = ["run", str(scenario), "--journal", str(journal), "--seed", "5", "--quiet"]
    assert main([*verify, "--verify-determinism"]) == 0
    entries = list(read_journal(journal))
    assert isinstance(entries[0].fact, RunBegan)
    assert entries[0].fact.seed == 5
    assert isinstance(entries[-1].fact, RunEnded)
    digest = hashlib.sha256(journal.read_bytes()).hexdigest()[:16]
    same = f"; same: {len(entries)} facts, digest {digest}\n"
    assert capsys.readouterr().out.endswith(same)


def test_a_journal_on_the_standard_output(scenario: Path) -> None:
    """Then the standard output is the journal and nothing else."""
    done = subprocess.run(
        command("run", scenario, "--journal", "-"),
        capture_output=True,
        check=True,
        env=environment(),
    )
    lines = done.stdout.splitlines()
    assert json.loads(lines[0])["fact"]["event"] == "run-began"
    assert json.loads(lines[-1])["fact"]["event"] == "run-ended"
    assert done.stderr.splitlines()[-1] == b"holds: 7 expectations met in 6 h"


def test_a_run_that_is_not_repeatable(
    scenario: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, with the first line that differs; other scenarios are compared all the same."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("LEAKING_SCENARIO", str(scenario))
    monkeypatch.setattr(second_run, "__name__", "leaking_second_run")
    files = [str(SHIPPED), str(scenario), str(SHIPPED)]
    assert main(["run", *files, "--quiet", "--verify-determinism"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "; same: 104 facts" in lines[0]
    assert lines[1] == "not repeatable: the journals differ in line 7"
    assert lines[-3].endswith("; not repeatable")
    assert lines[-2] == lines[0]
    assert lines[-1] == f"1 of 3 scenarios do not hold: {scenario.stem}"


def test_a_second_run_that_dies_proves_nothing(
    scenario: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last words are the reason."""
    monkeypatch.setattr(second_run, "__name__", "no_such_module")
    assert main(["run", str(scenario), "--quiet", "--verify-determinism"]) == 1
    assert "No module named no_such_module" in capsys.readouterr().out


def test_a_run_that_cannot_go_on(
    scenario: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock is a verdict with its reason, not a traceback."""

    def stuck(*_: object, **__: object) -> None:
        raise Deadlock(0, ["hq awaits nothing"])

    monkeypatch.setattr(outputs, "play", stuck)
    assert main(["run", str(scenario), "--quiet"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "deadlock at 0.000000000 s: nothing ready, no timer.",
        "  hq awaits nothing",
        f"to repeat it: internetsim run {scenario} --seed 1",
        "short: stopped by Deadlock",
    ]


# What is wrong with a call, or with a scenario.


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run"], 'Command "run" parameter FILE requires an argument'),
        (["rnu"], 'Did you mean "run"?'),
        (["run", "x.yaml", "--sed", "3"], "Did you mean --seed?"),
        (["run", "x.yaml", "--seed", "three"], "'three' is not a whole number"),
        (["run", "x.yaml", "--seed", "2.5"], "--seed: '2.5' is not a whole number"),
        (["explore", "--runs", "2.5"], "--runs: '2.5' is not a whole number"),
        (["serve", "x.yaml", "--port", "0x50"], "--port: '0x50' is not a whole number"),
        (["plan", "replay", "x.yaml", "--year", "1.5"], "--year: '1.5' is not a whole number"),
        (["run", "x.yaml", "--seed", "-3"], "a seed is a whole number from 0 to 1,000,000,000"),
        (["run", "nothing.yaml"], "there is no such file"),
        (["run", "slave-cut-of-31-days"], "did you mean slave-cut-off-31-days?"),
        (["run", "a", "b", "--journal", "j"], "one journal holds one run"),
        (["run", str(SHIPPED), "--journal", "--quiet"], "--journal takes a file, not --quiet"),
        (["run", str(SHIPPED), "--journal", str(SHIPPED)], "would overwrite the scenario"),
        (["run", str(SHIPPED), "--journal", AGAIN], "would overwrite the scenario"),
        (["live", str(SHIPPED), "--journal", AGAIN], "would overwrite the scenario"),
        (["live", str(SHIPPED), "--journal", "--quiet"], "--journal takes a file, not --quiet"),
        (["live", "x.yaml", "--seed", "-3"], "a seed is a whole number from 0 to 1,000,000,000"),
        (["compare"], "name the scenarios to compare"),
        (["compare", "x.yaml", "--seed", "-3"], "a seed is a whole number from 0 to 1,000,000,000"),
        (["run", str(SHIPPED), "--journal", "/nowhere/at/all"], "cannot be written: No such file"),
        (["run", str(SHIPPED), "--journal", "/dev/full"], "cannot be written: No space left"),
        (["run", str(SHIPPED), "--journal", "a" * 300], "cannot be written: File name too long"),
        (["live", str(SHIPPED), "--journal", "a" * 300], "cannot be written: File name too long"),
        (["run", "a" * 300], "there is no such file or scenario"),
        (["live", str(DIRECTORY)], "this is a directory"),
        (["serve"], "name a scenario, or say --demo"),
        (["serve", str(SHIPPED), "--rate", "nan"], "--rate: a pace is 0 to 1000000 times real"),
        (["serve", str(SHIPPED), "--rate", "inf"], "--rate: a pace is 0 to 1000000 times real"),
        (["serve", str(SHIPPED), "--rate", "-2"], "--rate: a pace is 0 to 1000000 times real"),
        (["live", str(SHIPPED), "--rate", "0.5"], "--rate 0.5: simulated time is not slower than"),
        (["live", str(SHIPPED), "--rate", "nan"], "--rate nan: simulated time is not slower than"),
        (["live", str(SHIPPED), "--rate", "1e9"], "1e+09 times as fast is too fast here"),
        (["check", "nothing.yaml"], "there is no such file"),
    ],
)
def test_a_wrong_call(arguments: list[str], complaint: str, capsys: Captured) -> None:
    """Status 2 and what is wrong on the standard error, without a traceback."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert "Traceback" not in captured.err


def test_a_journal_in_a_directory_that_is_closed_to_us(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be written, which is found out before anything is played."""

    def closed(path: Path, **_: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    loaded = commands.load(Called([SHIPPED]))
    with monkeypatch.context() as locked:
        locked.setattr(commands, "load", lambda _: loaded)
        locked.setattr(Path, "stat", closed)
        assert main(["run", str(SHIPPED), "--journal", "closed/journal"]) == 2
    said = capsys.readouterr()
    assert said.err == "the journal closed/journal cannot be written: Permission denied\n"
    assert said.out == ""


def test_the_standard_output_is_no_file(
    tmp_path: Path, scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario that is called - is not what --journal - would overwrite."""
    monkeypatch.chdir(tmp_path)
    Path("-").symlink_to(scenario)
    loaded = [(scenario, load_scenario(scenario))]
    Outputs(journal=Path("-")).require_sense(loaded)
    with pytest.raises(WrongCall, match="would overwrite the scenario"):
        Outputs(journal=Path("-").absolute()).require_sense(loaded)


def test_a_port_that_somebody_has(capsys: Captured) -> None:
    """Status 2, with the port, the reason and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = str(somebody.getsockname()[1])
        assert main(["serve", str(SHIPPED), "--port", port]) == 2
    assert f"port {port} cannot be had: address already in use" in capsys.readouterr().err


def test_a_disk_that_is_full_is_no_matter_of_the_port(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is said of the file that cannot be written, with status 2."""

    def full(_: int) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/disks/hq")

    monkeypatch.setattr("simulator.runs.internetwork.new_directory", full)
    assert main(["serve", str(UNWARNED), "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert said == "/disks/hq cannot be written: No space left on device\n"


def test_every_problem_of_every_file_at_once(tmp_path: Path, capsys: Captured) -> None:
    """Nothing is played where one of several scenarios is wrong."""
    (tmp_path / "a.yaml").write_text("title: [")
    (tmp_path / "b.yaml").write_text("tilte: x\n")
    assert main(["run", str(SHIPPED), str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{tmp_path / 'a.yaml'}:1" in captured.err
    assert "did you mean 'title'?" in captured.err


# The other commands.


def test_check_reports_warnings(capsys: Captured) -> None:
    """A warning names its place; the scenario can be played, so the status is 0."""
    assert main(["check", str(SHIPPED)]) == 0
    out = capsys.readouterr().out
    assert "10 x TDM User assigned, 8 bought" in out
    assert out.splitlines()[-1] == "1 scenario can be played, 2 warnings"


def test_the_schema_is_json_schema(capsys: Captured) -> None:
    """An editor can use it."""
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].endswith("2020-12/schema")
    assert "timeline" in schema["properties"]


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("node", "/v1/assign"),
        ("cla", "/v1/enrol"),
        ("cls", "/v1/order"),
        ("cls-public", "/v1/reissue"),
    ],
)
def test_the_apis_are_described_without_a_program_to_ask(capsys: Captured, api, path) -> None:
    """OpenAPI 3.1, with the operations of that address."""
    assert main(["openapi", api]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["openapi"].startswith("3.1")
    assert "post" in document["paths"][path]


def test_the_scenarios_with_their_titles(capsys: Captured) -> None:
    """What there is to run."""
    assert main(["scenarios"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(DIRECTORY.glob("*.yaml")))
    assert any(re.fullmatch(r"cut-one-way +Only one direction of a link fails", x) for x in lines)


def test_help_is_there_at_once() -> None:
    """Help loads neither the programs nor the libraries of the scenario language."""
    heavy = ("pydantic", "aiohttp", "cryptography", "ruamel", "simulator.cli.commands")
    program = (
        "import sys; from internetsim.command import main; sys.argv[1:] = ['--help']; main(); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert "Play scenarios and judge them" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


# Pipes and terminals.


def test_the_standard_input_is_a_scenario(
    scenario: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-`; what it includes lies in the working directory. It can be read but once."""

    def given(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    head, _, rest = scenario.read_text().partition("internetwork:")
    (tmp_path / "network.yaml").write_text(f"internetwork:{rest}")
    monkeypatch.chdir(tmp_path)
    given(f"{head}include: network.yaml\n")
    assert main(["run", "--quiet", "-"]) == 0
    assert capsys.readouterr().out.startswith("-: holds")
    given("title: x\n")
    assert main(["check", "-"]) == 2
    assert "standard input:1:1: the key 'about' is missing" in capsys.readouterr().err
    assert main(["check", "-", "-"]) == 2
    given(scenario.read_text())
    assert main(["run", "--verify-determinism", "-"]) == 2
    assert "name a file in place of -" in capsys.readouterr().err


def test_files_are_included_from_folders_that_the_call_names(
    scenario: Path, tmp_path: Path, capsys: Captured
) -> None:
    """In both runs of `--verify-determinism`; a journal spares them; `check` prints the whole."""
    shared = tmp_path / "shared"
    shared.mkdir()
    head, _, rest = scenario.read_text().partition("internetwork:")
    (shared / "network.yaml").write_text(f"internetwork:{rest}")
    scenario.write_text(f"{head}include: network.yaml\n")
    assert main(["check", str(scenario)]) == 2
    assert "short.yaml:9:10: there is no such file to include" in capsys.readouterr().err
    further = ["--include-from", str(shared)]
    assert main(["run", "--quiet", "--verify-determinism", *further, str(scenario)]) == 0
    assert main(["explain", *further, str(scenario), "--free", "tdm"]) == 0
    capsys.readouterr()
    journal = ["--journal", str(shared / "network.yaml")]
    assert main(["run", *further, str(scenario), *journal]) == 2
    assert "would overwrite the scenario" in capsys.readouterr().err
    assert main(["check", "--expanded", *further, str(scenario)]) == 0
    plain = capsys.readouterr().out
    assert "include" not in plain
    assert "  - {at: day 0 10:00, unlock: all}\n" in plain


def test_a_pipe_gets_plain_text(scenario: Path) -> None:
    """No escape code, whatever the terminal could do."""
    done = subprocess.run(
        command("run", scenario), capture_output=True, text=True, check=True, env=environment()
    )
    assert ESCAPE not in done.stdout + done.stderr


def test_a_terminal_gets_colors(scenario: Path) -> None:
    """Regular is green, what is not licensed red; the text is the same."""
    written = on_terminal(command("run", scenario), COLUMNS="100")
    assert re.search(r"\x1b\[32m.*activation-period -> regular", written)
    assert re.search(r"\x1b\[1;31m.*not licensed: 2 x tdm", written)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written).replace("\r\n", "\n")
    piped = subprocess.run(
        command("run", scenario), capture_output=True, text=True, check=True, env=environment()
    )
    assert plain == piped.stdout


def test_no_color_is_respected(scenario: Path) -> None:
    """With NO_COLOR nothing has a color; bold and dim may stay."""
    written = on_terminal(command("run", scenario), NO_COLOR="1")
    assert "holds: 7 expectations met" in written
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", written)


def test_a_narrow_terminal_breaks_no_word(scenario: Path) -> None:
    """Rows fit, and break between words."""
    written = on_terminal(command("run", scenario), COLUMNS="60", NO_COLOR="1")
    rows = re.sub(r"\x1b\[[0-9;]*m", "", written).splitlines()
    assert max(map(len, rows)) <= 60
    assert any(row.endswith("license server: order taken,") for row in rows)


def test_a_long_run_has_a_progress_bar_on_a_terminal(scenario: Path) -> None:
    """It appears after a second, here at once, stands below the rows, and is gone at the end."""
    program = (
        "import sys; from simulator.report import screen; from simulator.cli.app import main; "
        "screen._PATIENCE_S = screen._REFRESH_S = 0.0; "
        f"sys.exit(main(['run', {str(scenario)!r}]))"
    )
    child = [sys.executable, "-c", program]
    written = on_terminal(child, is_watched=True, COLUMNS="100")
    assert "playing" in written
    assert re.search(r"\d+%", written)
    assert re.search(r"days a second, \d+ s left", written)
    assert "playing" not in written.splitlines()[-1]
    piped = subprocess.run(child, capture_output=True, text=True, check=True, env=environment())
    assert "playing" not in piped.stdout + piped.stderr


def test_a_reader_that_has_seen_enough() -> None:
    """`| head` ends the run without a complaint."""
    with subprocess.Popen(
        command("run", UNWARNED),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED="1"),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"A slave")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("words", "streams", "told"),
    [
        ("scenarios", ">&-", "the standard output cannot be written: Bad file descriptor\n"),
        ("check -", "<&-", "standard input:1:1: the file is empty: a scenario begins with `ti"),
        ("check nothing.yaml", "2>/dev/full", ""),
    ],
)
def test_standard_streams_that_are_closed_or_full(words: str, streams: str, told: str) -> None:
    """What cannot be read or written is said in a line, or by the status alone: no traceback."""
    called = shlex.join(map(str, command(*words.split())))
    shell = ["/bin/sh", "-c", f"{called} {streams}"]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 2
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr


def test_no_command_rounds_a_fraction_to_a_whole_number() -> None:
    """Each option that is an `int` is read by our own converter, of every command."""
    assert mere_integers(cyclopts.App(default_command=_rounding)) == ["_rounding runs"]
    assert mere_integers(app) == []


def _rounding(*, runs: int = 1) -> None:
    """A planted command."""


def mere_integers(of: cyclopts.App) -> list[str]:
    """Parameters that cyclopts itself would read as an `int`, by command."""
    found = []
    if of.default_command:
        arguments = of.assemble_argument_collection()
        found = [
            f"{of.default_command.__name__} {argument.field_info.name}"
            for argument in arguments
            if argument.hint is int and argument.parameter.converter is None
        ]
    return found + [each for name in of if name[0] != "-" for each in mere_integers(of[name])]


def test_settings_of_other_tools_are_offered_for_no_scenario(tmp_path, monkeypatch, capsys):
    """They are hidden files; where one is missing, what lies there to be seen is offered."""
    monkeypatch.chdir(tmp_path)
    for name in (".pre-commit-config.yaml", "a-b-c.yaml"):
        (tmp_path / name).touch()
    assert main(["run", "nosuch.yaml"]) == 2
    told = capsys.readouterr().err
    assert "allowed: a-b-c.yaml" in told
    assert "pre-commit" not in told
