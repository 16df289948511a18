"""The process frame: arguments, settings, clock, chance and journal of a real machine."""

import asyncio
import errno
import gc
import json
import logging
import os
import socket
import sys
import time  # noqa: TID251 - the clock of a process is laid beside this computer's own
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from freezegun import freeze_time
from structlog.testing import capture_logs

from licensing.errors import LicensingError
from licensing.events import LinkHealed, ProgramStarted
from licensing.policies import DAY_NS
from licensing.records import Record
from runtime.exclusion import alone_in
from runtime.host import Host
from runtime.journal import read_journal
from runtime.process import (
    ProcessJournal,
    SystemClock,
    SystemDice,
    _OutOfDescriptors,
    run_program,
)


class Settings(Record):
    """One setting."""

    port: int = 1


def run(monkeypatch: pytest.MonkeyPatch, serve, *arguments: object) -> int:
    """`run_program` with a command line."""
    monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
    return run_program("program", "A program.", Settings, serve)


@pytest.fixture
def identity(tmp_path: Path) -> tuple[object, ...]:
    """The arguments that every program needs."""
    return (
        "--state",
        tmp_path / "a" / "b",
        "--host-name",
        "hq",
        "--locking-id",
        "00-1a-e8-4c-00-01",
    )


def test_a_program_gets_its_host_and_its_settings(monkeypatch, tmp_path, identity):
    """A private state directory is made; the Locking ID is in canonical form."""
    given = []

    async def serve(host: Host, settings: Settings) -> None:
        given.extend([host.name, host.locking_id, host.directory, settings])
        host.journal.record(ProgramStarted(program="node"))

    settings, journal = tmp_path / "settings.json", tmp_path / "journal"
    settings.write_text('{"port":7}')
    further = ("--settings", settings, "--journal", journal)
    assert run(monkeypatch, serve, *identity, *further) == 0
    state = tmp_path / "a" / "b"
    assert given == ["hq", "00-1A-E8-4C-00-01", state, Settings(port=7)]
    assert state.stat().st_mode & 0o777 == 0o700
    assert [entry.host for entry in read_journal(journal)] == ["hq"]


def test_a_program_looks_for_garbage_when_it_serves(monkeypatch, identity):
    """While it is loaded nobody does; see internetsim/start.py."""
    given = []

    async def serve(host: Host, settings: Settings) -> None:
        given.append(gc.isenabled())

    gc.disable()
    try:
        assert run(monkeypatch, serve, *identity) == 0
    finally:
        gc.enable()
    assert given == [True]


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o770])
@pytest.mark.parametrize("found", ["", "cla.db", "settings.json"])
def test_a_state_directory_that_is_open_to_others_is_closed(
    monkeypatch, tmp_path, identity, mode, found
):
    """Made beforehand or left behind: it has keys and hashes of passwords in it."""

    async def serve(host: Host, settings: Settings) -> None:
        host.journal.record(ProgramStarted(program="node"))

    state = opened(tmp_path, mode, found)
    assert run(monkeypatch, serve, *identity) == 0
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_directory_of_others_that_is_named_by_mistake_is_left_as_it_is(
    monkeypatch, capsys, tmp_path, identity
):
    """Nobody wants `/var/lib` closed; one line says what to do."""
    state = opened(tmp_path, 0o755, "")
    (state / "another").mkdir()
    assert run(monkeypatch, None, *identity) == 2
    assert f"chmod 700 {state}" in capsys.readouterr().err
    assert state.stat().st_mode & 0o777 == 0o755


def opened(tmp_path: Path, mode: int, found: str) -> Path:
    """The state directory with a file in it, or with none."""
    state = tmp_path / "a" / "b"
    state.mkdir(parents=True)
    if found:
        (state / found).touch()
    state.chmod(mode)
    return state


def test_a_program_whose_settings_do_not_fit_its_state_ends_with_2(monkeypatch, capsys, identity):
    """Another start would not help, and its unit makes none; for all else it is 1."""

    async def serve(host: Host, settings: Settings) -> None:
        raise LicensingError("vendor-key-foreign", vendor_key="A", signer="B")

    assert run(monkeypatch, serve, *identity) == 2
    assert "vendor_key is A" in capsys.readouterr().err


def test_want_of_descriptors_is_told_once_a_second(monkeypatch, capfd):
    """In one line, however often the loop reports it; what else it reports is left as it is."""
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    told = _OutOfDescriptors()

    def passes(message: str) -> bool:
        error = OSError(24, "Too many open files")
        record = logging.LogRecord(
            "asyncio", 40, "", 0, message, (), (OSError, error, error.__traceback__)
        )
        let_through = bool(told.filter(record))
        lines = logging.Formatter().format(record).splitlines()
        assert not let_through or len(lines) == 1 or message == "another"
        return let_through

    reported = "socket.accept() out of system resource\nsocket: <asyncio.TransportSocket>"
    assert [passes(reported) for _ in range(100)].count(True) == 1
    now_s[0] += 0.9
    assert not passes(reported)
    now_s[0] += 0.2
    assert passes(reported)
    assert passes("another")


@pytest.mark.asyncio(loop_factories=["real"])
async def test_a_program_that_ends_while_it_wants_descriptors_has_no_more_to_tell(
    monkeypatch, caplog
):
    """The loop goes back to its sockets after a second, as often as it has reported: in vain."""

    class Wanting(socket.socket):
        def accept(self):
            raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", 0.01)
    reports, told = logging.getLogger("asyncio"), _OutOfDescriptors()
    reports.addFilter(told)
    listening = Wanting()
    listening.bind(("127.0.0.1", 0))
    async with await asyncio.start_server(lambda *_: None, sock=listening) as server:
        with socket.create_connection(server.sockets[0].getsockname()):
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    reports.removeFilter(told)
    assert caplog.messages == ["nobody can be let in at the moment: [Errno 24] Too many open files"]


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_a_missing_argument_is_named(monkeypatch, capsys, identity, missing):
    """State directory, host name and Locking ID have no default: status 2."""
    arguments = identity[:missing] + identity[missing + 2 :]
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, None, *arguments)
    assert ended.value.code == 2
    assert str(identity[missing]) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b'{"port":"x"}', "$.port"), (b'{"prot":1}', "prot"), (b"", "truncated"), (b'"\xff"', "")],
)
def test_bad_settings_are_named_by_file_and_place(
    monkeypatch, capsys, tmp_path, identity, content, said
):
    """Status 2; the program does not start."""
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert run(monkeypatch, None, *identity, "--settings", path) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"program: {path}: ")
    assert said in complaint


def test_a_program_needs_no_file(monkeypatch, tmp_path):
    """Its machine and its own settings can all be said by environment."""
    given = []

    async def serve(host: Host, settings: Settings) -> None:
        given.extend([host.name, settings])

    said = {"state": tmp_path, "host_name": "hq", "locking_id": "00-1a-e8-4c-00-01"}
    for name, value in (said | {"settings": ' {"port": 7}'}).items():
        monkeypatch.setenv(f"INTERNETSIM_{name.upper()}", str(value))
    assert run(monkeypatch, serve) == 0
    assert given == ["hq", Settings(port=7)]


@pytest.mark.parametrize(
    ("text", "said"),
    [('{"port":"x"}', "$.port"), ('{"prot":1}', "prot"), ("{", "truncated"), ("{\udcff}", "")],
)
def test_bad_settings_in_the_environment_are_named(monkeypatch, capsys, identity, text, said):
    """As those of a file are, with status 2."""
    monkeypatch.setitem(os.environ, "INTERNETSIM_SETTINGS", text)
    assert run(monkeypatch, None, *identity) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("program: settings: ")
    assert said in complaint


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (LicensingError("agent-clock-set-back", hours=25), "set back by 25 hours. The CLA serves"),
        (OSError("address in use"), "address in use"),
    ],
)
def test_a_program_that_ends_itself_says_why(monkeypatch, capsys, identity, failure, said):
    """Status 1, message and hint, no traceback."""

    async def serve(_: Host, __: Settings) -> None:
        raise failure

    assert run(monkeypatch, serve, *identity) == 1
    assert said in capsys.readouterr().err


def test_one_process_at_a_time_has_a_state_directory(monkeypatch, capsys, identity):
    """The second ends with status 1 and says so; after the first the directory is free again."""
    _, state, *_ = identity
    held = []

    async def serve(host: Host, settings: Settings) -> None:
        said = "another process runs with this"
        with pytest.raises(OSError, match=said) as refused, alone_in(host.directory):
            pass
        held.append(refused.value.filename)

    assert run(monkeypatch, serve, *identity) == 0
    assert held == [str(state)]
    with alone_in(state):
        assert run(monkeypatch, serve, *identity) == 1
    assert f"another process runs with this state directory: '{state}'" in capsys.readouterr().err
    assert len(held) == 1


def test_a_metrics_address_that_cannot_be_had_is_told_alone(monkeypatch, capsys, identity):
    """Status 1 and one line: no warning of Python's about what then was not begun."""

    async def serve(_: Host, __: Settings) -> None:
        """Never gets this far."""

    warned = []
    monkeypatch.setattr(sys, "unraisablehook", warned.append)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        assert run(monkeypatch, serve, *identity, "--metrics", f"127.0.0.1:{port}") == 1
    gc.collect()
    said = capsys.readouterr().err
    assert "address already in use" in said
    assert (said.count("\n"), warned) == (1, [])


def test_a_bug_is_not_dressed_up(monkeypatch, identity):
    """Any other exception comes out whole, with its traceback."""

    async def serve(_: Host, __: Settings) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, serve, *identity)


def real_host(directory: Path) -> Host:
    """A host with the clock, chance and journal of a process."""
    clock = SystemClock()
    return Host(
        name="hq",
        locking_id="00-1A-E8-4C-00-01",
        directory=directory,
        clock=clock,
        dice=SystemDice(),
        journal=ProcessJournal("hq", clock, None),
    )


@pytest.mark.parametrize(
    ("shown", "nanoseconds"),
    [
        ("1970-01-01 00:00:00", 0),
        ("2026-03-02 08:00:00", 1_772_438_400_000_000_000),
        ("2026-03-02 08:00:00.5", 1_772_438_400_500_000_000),
        ("2038-01-19 03:14:08", 2_147_483_648_000_000_000),
    ],
)
def test_the_wall_clock_of_a_host_is_utc_in_integer_nanoseconds(tmp_path, shown, nanoseconds):
    """A flat battery shows 1970, and 2038 is a date like any other."""
    with freeze_time(shown):
        assert real_host(tmp_path).clock.wall_ns() == nanoseconds


def test_the_wall_clock_of_a_host_steps_wherever_someone_sets_it(tmp_path):
    """Back 29 days and forward 400, exactly: what it makes of a step is the program's (F11)."""
    with freeze_time("2026-03-31 08:00") as frozen:
        host = real_host(tmp_path)
        before = host.clock.wall_ns()
        frozen.tick(timedelta(days=-29))
        assert host.clock.wall_ns() - before == -29 * DAY_NS
        frozen.tick(timedelta(days=429))
        assert host.clock.wall_ns() - before == 400 * DAY_NS


def test_the_monotonic_clock_goes_on_while_the_computer_is_suspended():
    """It is the one that counts from the computer's start, with all the time that it slept."""
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    reading_ns = SystemClock().monotonic_ns()
    assert before_ns <= reading_ns <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_the_monotonic_clock_never_falls():
    """Read from the machine itself."""
    clock = SystemClock()
    readings = [clock.monotonic_ns() for _ in range(100)]
    assert readings == sorted(readings)


def test_the_journal_of_a_process_dates_facts_by_the_wall_clock(tmp_path):
    """Lines of a file, appended across restarts; without a file, facts are log lines only."""
    fact, path = LinkHealed(link="a-b"), tmp_path / "journal"
    with freeze_time("2026-03-02 08:00") as frozen:
        for file in (path, None, path):
            journal = ProcessJournal("hq", SystemClock(), file)
            journal.record(fact)
            if journal._file:
                journal._file.close()
            frozen.tick(timedelta(days=1))
    first, second = read_journal(path)
    assert (first.host, first.fact, first.at) == ("hq", fact, 1_772_438_400_000_000_000)
    assert second.at - first.at == 2 * DAY_NS


def test_the_chance_of_a_process_does_not_repeat():
    """Tokens have the size that was asked for, draws stay within their bounds."""
    dice = SystemDice()
    assert len({dice.token(32) for _ in range(10)}) == 10
    assert {len(dice.token(size)) for size in (0, 1, 32)} == {0, 1, 32}
    assert all(2.0 <= dice.uniform(2.0, 3.0) <= 3.0 for _ in range(100))


def test_a_host_shows_name_and_place(tmp_path):
    """Its representation is what a log or a debugger prints; no secret is in it."""
    assert repr(real_host(tmp_path)) == f"<Host hq at {tmp_path}>"
    assert real_host(tmp_path).admin_socket == tmp_path / "admin.sock"


def test_a_journal_that_is_lost_is_logged_once_and_the_program_goes_on(capsys, tmp_path):
    """The facts stay in the log; what reads the journal has seen its end."""
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with capture_logs() as lost:
        journal = ProcessJournal("hq", SystemClock(), tmp_path / "fifo")
        os.close(reader)
        for _ in range(2):
            journal.record(LinkHealed(link="a-b"))
    assert [line["event"] for line in lost] == ["journal-lost"]
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["host"], line["link"]) for line in logged] == [
        ("link-healed", "hq", "a-b")
    ] * 2


def test_who_does_not_speak_http_is_one_line_without_a_traceback(monkeypatch, identity, caplog):
    """It is the stranger's mistake, so it is no error of ours either."""

    async def serve(_: Host, __: Settings) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.Response()

        server = await asyncio.get_running_loop().create_server(web.Server(answer), "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n")
        assert b"400" in await reader.readline()
        writer.close()
        server.close()

    assert run(monkeypatch, serve, *identity) == 0
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("INFO", None)
    assert record.getMessage().startswith("Error handling request from 127.0.0.1: Invalid")
    assert "\n" not in record.getMessage()
