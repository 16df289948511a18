"""The license server as a real process: real sockets, real signals, real exit status."""

import asyncio
import re
import resource
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from machine import LOCKING_ID, free_port
from processes import PATIENCE_S, ROOT, answering, outcome, running, settings_file
from processes import command as program

from license_server.administration import (
    ORDER_PATH,
    STATE_PATH,
    OrderedLac,
    PlaceOrder,
    ServerState,
)
from license_server.service import LicenseServerSettings
from licensing.events import OrderTaken, ProgramStarted
from licensing.messages import HEALTH_PATH
from runtime.http import Health, client, get, post, unix_client
from runtime.journal import read_journal
from runtime.options import CallWrong
from runtime.process import read_settings

real = pytest.mark.asyncio(loop_factories=["real"])
PURCHASE = PlaceOrder(licenses={"base": 1}, failover_period_s=2_592_000)


def command(state: Path, *further: str, locking_id: str = LOCKING_ID) -> list[str]:
    """The command line of a license server."""
    return program("license_server", state, *further, host="internet", locking_id=locking_id)


@real
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_it_answers_at_both_addresses_and_stops_when_asked(tmp_path, stop):
    """Health over TCP and the Unix socket, an order, JSON facts, and exit status 0."""
    port, state, journal = free_port(), tmp_path / "state", tmp_path / "journal"
    settings = settings_file(tmp_path, address="127.0.0.1", port=port)
    arguments = command(state, "--settings", str(settings), "--journal", str(journal))
    socket = state / "admin.sock"
    async with running(arguments, socket) as process:
        async with client() as public, unix_client(socket) as admin:
            url = f"http://127.0.0.1:{port}{HEALTH_PATH}"
            health = await get(public, url, Health, party="CLS")
            assert health == Health(program="cls", host="internet")
            lac = (await post(admin, ORDER_PATH, PURCHASE, OrderedLac, party="CLS")).lac
        process.send_signal(stop)
        _, log = await process.communicate()
    assert process.returncode == 0
    facts = [ProgramStarted(program="cls"), OrderTaken(lac=lac, licenses=PURCHASE.licenses)]
    assert [entry.fact for entry in read_journal(journal)] == facts
    events = [msgspec.json.decode(line)["event"] for line in log.splitlines()]
    assert events == ["program-started", "order-taken"]
    assert state.stat().st_mode & 0o777 == 0o700


@real
async def test_a_killed_server_keeps_what_it_acknowledged(tmp_path):
    """SIGKILL right after the answer: the order is there at the next start."""
    settings = settings_file(tmp_path, address="127.0.0.1", port=free_port())
    arguments = command(tmp_path, "--settings", str(settings))
    socket = tmp_path / "admin.sock"
    async with running(arguments, socket) as process, unix_client(socket) as admin:
        await post(admin, ORDER_PATH, PURCHASE, OrderedLac, party="CLS")
        process.kill()
        await process.wait()
    async with running(arguments, socket), unix_client(socket) as admin:
        state = await get(admin, STATE_PATH, ServerState, party="CLS")
    assert state.orders == 1


@real
async def test_a_second_server_fails_on_the_port_and_takes_nothing_over(tmp_path):
    """It says which address is in use, or that its state directory is; the first one goes on."""
    port = free_port()
    settings = settings_file(tmp_path, address="127.0.0.1", port=port)
    arguments = command(tmp_path, "--settings", str(settings))
    elsewhere = command(tmp_path / "other", "--settings", str(settings))
    socket = tmp_path / "admin.sock"
    (tmp_path / "other").mkdir()
    async with running(arguments, socket):
        for given, said in (
            (elsewhere, f"127.0.0.1:{port}"),
            (arguments, "another process runs with this state directory"),
        ):
            second = await asyncio.create_subprocess_exec(
                *given, cwd=ROOT, stderr=asyncio.subprocess.PIPE
            )
            _, complaint = await second.communicate()
            assert second.returncode == 1
            assert said in complaint.decode()
        assert b"Traceback" not in complaint
        await answering(socket)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "truncated"),
        (b"\xff\x00", "malformed"),
        (b'{"prot": 7790}', "prot"),
        (b'{"port": "7790"}', "$.port"),
        (b'{"port": 77900}', "$.port"),
        (b"[]", "object"),
    ],
)
def test_a_bad_settings_file_is_named_with_what_is_wrong(tmp_path, content, said):
    """The file's name and the place in it."""
    settings = tmp_path / "settings.json"
    settings.write_bytes(content)
    with pytest.raises(CallWrong, match=re.escape(said)) as wrong:
        read_settings(str(settings), LicenseServerSettings)
    assert str(settings) in str(wrong.value)


def test_a_bad_settings_file_ends_the_start(tmp_path):
    """Exit status 2, and what is wrong with it in one line."""
    settings = settings_file(tmp_path, prot=7790)
    status, complaint = outcome(command(tmp_path, "--settings", str(settings)))
    assert (status, "prot" in complaint, complaint.count("\n")) == (2, True, 1), complaint


def test_a_missing_settings_file_and_a_wrong_locking_id_are_named(tmp_path):
    """Exit status 2 for a call that is wrong."""
    status, complaint = outcome(command(tmp_path, "--settings", "/nowhere.json"))
    assert (status, "/nowhere.json" in complaint) == (2, True)
    status, complaint = outcome(command(tmp_path, locking_id="hq"))
    assert (status, "'hq' is not a Locking ID" in complaint) == (2, True)


def test_a_state_directory_that_is_a_file_is_named(tmp_path):
    """Exit status 2, and the path."""
    state = tmp_path / "file"
    state.touch()
    status, complaint = outcome(command(state))
    assert (status, str(state) in complaint) == (2, True)


def test_a_damaged_database_ends_the_start_with_path_and_way_out(tmp_path):
    """Exit status 1; the file is left for whoever can repair it."""
    database = tmp_path / "cls.db"
    database.write_bytes(b"rubbish " * 1000)
    status, complaint = outcome(command(tmp_path))
    assert (status, str(database) in complaint) == (1, True)
    assert "Restore it from a backup" in complaint
    assert database.read_bytes() == b"rubbish " * 1000


def test_a_directory_in_place_of_the_database_is_named(tmp_path):
    """Exit status 1, and the path."""
    (tmp_path / "cls.db").mkdir()
    status, complaint = outcome(command(tmp_path))
    assert (status, str(tmp_path / "cls.db") in complaint) == (1, True)


def test_the_command_line_explains_itself():
    """`--help` names what is to be given."""
    called = subprocess.run(
        [sys.executable, "-m", "license_server", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    for word in ("--state", "--settings", "--host-name", "--locking-id", "--journal", "License"):
        assert word in called.stdout


@real
async def test_who_cannot_be_let_in_for_want_of_descriptors_is_logged_once_a_second(tmp_path):
    """The server says so in single lines, goes on for who is in, and lets others in again."""
    port, state = free_port(), tmp_path / "state"
    settings = settings_file(tmp_path, address="127.0.0.1", port=port)
    socket = state / "admin.sock"
    async with running(command(state, "--settings", str(settings)), socket) as process:
        few = len(list(Path(f"/proc/{process.pid}/fd").iterdir())) + 3
        _, most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (few, most))
        async with AsyncExitStack() as crowd:
            for _ in range(60):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                crowd.callback(writer.close)
            lines = []
            while len(lines) < 3:
                lines.append(await asyncio.wait_for(process.stderr.readline(), PATIENCE_S))
        async with client() as public:
            url = f"http://127.0.0.1:{port}{HEALTH_PATH}"
            assert (await get(public, url, Health, party="CLS")).program == "cls"
        process.send_signal(signal.SIGTERM)
        _, rest = await process.communicate()
    logged = [msgspec.json.decode(line) for line in [*lines, *rest.splitlines()]]
    said = [line for line in logged if "let in" in line["event"]]
    instants = [datetime.fromisoformat(line["timestamp"]) for line in said]
    assert all(later - earlier > timedelta(seconds=0.9) for earlier, later in pairwise(instants))
    assert "Too many open files" in said[0]["event"]
    assert not any("exception" in line for line in said)
