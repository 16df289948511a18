"""A node as a real process, and the three programs together on real sockets."""

import asyncio
import contextlib
import re
import signal
from pathlib import Path

import msgspec
import pytest
from machine import free_port
from processes import answering, command, outcome, running, settings_file

from license_server.administration import (
    ORDER_PATH,
    VERIFICATION_KEY_PATH,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
)
from licensing.events import LeaseInstalled, ProgramStarted, StateChanged
from licensing.messages import HEALTH_PATH, Activated, Enrol, Enrolled, Registration, Seat
from licensing.words import LicenseState, NodeState, Role
from nodes.administration import (
    ActivateOnline,
    Assignments,
    Displays,
    Licenses,
    State,
    Unlocked,
    Wizard,
    WizardDone,
)
from nodes.system import NodeSettings
from runtime.http import Health, Nothing, client, get, post, unix_client
from runtime.journal import read_journal
from runtime.options import CallWrong
from runtime.process import read_settings

real = pytest.mark.asyncio(loop_factories=["real"])
EQUIPMENT = {
    "model": "S",
    "subscribers": [{"number": "100", "type": "ip-hfa"}, {"number": "101", "type": "sip"}],
    "trunks": [{"name": "itsp-1", "kind": "itsp", "channels": 2}],
}


def node(directory: Path, *further: str, **settings: object) -> list[str]:
    """The command line of a node with these settings."""
    values = {"equipment": EQUIPMENT, "address": "127.0.0.1", "port": free_port()} | settings
    directory.mkdir(exist_ok=True)
    path = settings_file(directory, **values)
    return command("nodes", directory, "--settings", str(path), *further, host="hq")


@real
async def test_it_answers_at_both_addresses_and_stops_when_asked(tmp_path):
    """Health over TCP and the private Unix socket, its state, JSON facts, exit status 0."""
    port, socket, journal = free_port(), tmp_path / "admin.sock", tmp_path / "journal"
    async with running(node(tmp_path, "--journal", str(journal), port=port), socket) as process:
        async with client() as public, unix_client(socket) as admin:
            url = f"http://127.0.0.1:{port}{HEALTH_PATH}"
            health = await get(public, url, Health, party="node")
            state = await get(admin, "/v1/state", State, party="node")
        assert health == Health(program="node", host="hq")
        assert (state.state, state.role) == (NodeState.ACTIVATION_PERIOD, Role.STANDALONE)
        assert socket.stat().st_mode & 0o777 == 0o600
        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
    assert process.returncode == 0
    assert [entry.fact for entry in read_journal(journal)] == [ProgramStarted(program="node")]
    assert [msgspec.json.decode(line)["event"] for line in log.splitlines()] == ["program-started"]


@real
async def test_a_second_node_fails_on_the_port_and_takes_nothing_over(tmp_path):
    """It says which address is in use, or that its state directory is; the first one goes on."""
    port, socket, other = free_port(), tmp_path / "admin.sock", tmp_path / "other"
    other.mkdir()
    arguments = node(tmp_path, port=port)
    async with running(arguments, socket):
        status, complaint = outcome(node(other, port=port))
        assert (status, f"127.0.0.1:{port}" in complaint) == (1, True)
        status, complaint = outcome(arguments)
        assert (status, "another process runs with this state directory" in complaint) == (1, True)
        await answering(socket)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": 0}, "$.port"),
        ({"port": 99_999}, "$.port"),
        ({"prot": 1}, "prot"),
        ({"equipment": {"model": "X9", "subscribers": [], "trunks": []}}, "no model 'X9'"),
        ({"equipment": EQUIPMENT | {"model": "X3", "attendant": "9"}}, "attendant 9"),
        ({"equipment": EQUIPMENT | {"trunks": [{"name": "t"}]}}, "$.equipment.trunks[0]"),
        ({"agent_address": "[::1"}, "agent_address: '[::1' is not host[:port]"),
        ({"license_server": "ff02::1"}, "license_server: 'ff02::1' is the address of no single"),
        (
            {"equipment": EQUIPMENT | {"neighbors": {"hq": {"address": "10.1", "numbers": []}}}},
            "the address of the neighbor hq: '10.1' is not host[:port]",
        ),
    ],
)
def test_bad_settings_are_named_with_what_is_wrong(tmp_path, settings, said):
    """The file's name and the place in it."""
    file = settings_file(tmp_path, **({"equipment": EQUIPMENT} | settings))
    with pytest.raises(CallWrong, match=re.escape(said)) as wrong:
        read_settings(str(file), NodeSettings)
    assert str(file) in str(wrong.value)


def test_bad_settings_end_the_start(tmp_path):
    """Exit status 2, and what is wrong with them in one line."""
    status, complaint = outcome(node(tmp_path, port=0))
    assert (status, "$.port" in complaint, complaint.count("\n")) == (2, True, 1), complaint


def test_a_state_directory_that_cannot_be_used_is_named(tmp_path):
    """A directory in place of the database is set aside; one in place of the socket is not."""
    (tmp_path / "admin.sock").mkdir()
    status, complaint = outcome(node(tmp_path))
    assert (status, "admin.sock" in complaint) == (1, True), complaint


@real
async def test_a_damaged_database_is_set_aside_and_the_node_runs_restricted(tmp_path):
    """A telephone system must start: emergency calls work, the damaged file is kept."""
    (tmp_path / "node.db").write_bytes(b"rubbish " * 1000)
    socket = tmp_path / "admin.sock"
    async with running(node(tmp_path), socket), unix_client(socket) as admin:
        state = await get(admin, "/v1/state", State, party="node")
    assert state.state is NodeState.RESTRICTED
    assert (tmp_path / "node.db.damaged-1").read_bytes() == b"rubbish " * 1000


@real
async def test_the_three_programs_license_a_system_end_to_end(tmp_path):
    """Order, wizard, enrolment, registration, activation, assignment, check and unlock; SIGTERM."""
    ports = {"cls": free_port(), "cla": free_port()}
    sockets = {name: tmp_path / name / "admin.sock" for name in ("cls", "cla", "node")}
    journal = tmp_path / "journal"
    async with contextlib.AsyncExitStack() as exits:

        async def start(name: str, arguments: list[str]) -> tuple:
            process = await exits.enter_async_context(running(arguments, sockets[name]))
            return process, await exits.enter_async_context(unix_client(sockets[name]))

        def program(name: str, package: str, **settings: object) -> list[str]:
            (tmp_path / name).mkdir()
            values = {"address": "127.0.0.1", "port": ports[name]} | settings
            path = settings_file(tmp_path / name, **values)
            return command(package, tmp_path / name, "--settings", str(path), host="hq")

        cls, vendor = await start("cls", program("cls", "license_server"))
        key = (await get(vendor, VERIFICATION_KEY_PATH, PublishedKey, party="CLS")).verification_key
        order = PlaceOrder(licenses={"base": 1, "ip": 2, "itsp": 2}, failover_period_s=2_592_000)
        lac = (await post(vendor, ORDER_PATH, order, OrderedLac, party="CLS")).lac
        cla, agent = await start("cla", program("cla", "master_cla", vendor_key=key))
        settings = {
            "agent_socket": str(sockets["cla"]),
            "agent_address": f"127.0.0.1:{ports['cla']}",
            "license_server": f"127.0.0.1:{ports['cls']}",
        }
        arguments = node(tmp_path / "node", "--journal", str(journal), **settings)
        system, wbm = await start("node", arguments)

        async def do(path: str, body, answer=Nothing):
            return await post(wbm, path, body, answer, party="node")

        wizard = Wizard(role=Role.MASTER)
        enrol = Enrol(node="hq", public_key=(await do("/v1/wizard", wizard, WizardDone)).public_key)
        await post(agent, "/v1/enrol", enrol, Enrolled, party="CLA")
        await do("/v1/wizard", wizard, WizardDone)  # dial now: the first dialing was too early
        await do("/v1/registration", Registration(company="Example Ltd", contact="it@example.com"))
        activated = await do("/v1/activate", ActivateOnline(lac=lac), Activated)
        assert (activated.serial, activated.licenses) == (1, order.licenses)
        while (state := await get(wbm, "/v1/state", State, party="node")).lease_seq == 0:  # noqa: ASYNC110 - asked as a technician asks
            await asyncio.sleep(0.02)
        assert (state.state, state.connected, state.epoch) == (NodeState.REGULAR, True, 1)
        seats = [Seat(holder=number, license="ip") for number in ("100", "101")]
        seats.append(Seat(holder="itsp-1", license="itsp", quantity=2))
        await do("/v1/assign", Assignments(seats=seats))
        unlocked = await do("/v1/unlock", Nothing(), Unlocked)
        assert (unlocked.answered, unlocked.granted, unlocked.refused) == (True, seats, [])
        licenses = await get(wbm, "/v1/licenses", Licenses, party="node")
        assert licenses.in_use == {"ip": 2, "itsp": 2}
        states = {row.holder: row.state for row in licenses.rows if row.granted}
        assert set(states.values()) == {LicenseState.LICENSED}
        displays = await get(wbm, "/v1/displays", Displays, party="node")
        assert displays.displays == {"100": ""}
        for process in (system, cla, cls):
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    facts = [entry.fact for entry in read_journal(journal)]
    assert [f.after for f in facts if isinstance(f, StateChanged)] == [NodeState.REGULAR]
    last = [fact for fact in facts if isinstance(fact, LeaseInstalled)][-1]
    assert last.seats == {"ip": 2, "itsp": 2}
