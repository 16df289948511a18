"""Where a program cannot listen it says so in one line, with the way out: all three alike."""

import socket
from pathlib import Path

import pytest
from processes import command, outcome, running, settings_file
from programs import EQUIPMENT, VENDOR_KEY

from licensing.messages import HEALTH_PATH
from runtime.http import Health, client, get

SETTINGS: dict[str, dict[str, object]] = {
    "license_server": {},
    "master_cla": {"vendor_key": VENDOR_KEY},
    "nodes": {"equipment": EQUIPMENT},
}
programs = pytest.mark.parametrize("package", SETTINGS)
real = pytest.mark.asyncio(loop_factories=["real"])


def started(package: str, directory: Path, **settings: object) -> tuple[int, str]:
    """Exit status and standard error of a program with these settings."""
    file = settings_file(directory, **SETTINGS[package], **settings)
    return outcome(command(package, directory / "state", "--settings", str(file)))


@programs
def test_a_port_in_use_is_one_line_with_the_way_out(package: str, tmp_path: Path) -> None:
    """Status 1, so that the unit tries again: the other program may have ended by then."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        status, said = started(package, tmp_path, address="127.0.0.1", port=port)
    assert (status, said.count("\n")) == (1, 1), said
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in said
    assert "stop it, or set another port" in said


@programs
@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::7"])
def test_an_address_of_another_host_is_one_line(package: str, address: str, tmp_path: Path) -> None:
    """Status 1: at the start of the host an interface may come later."""
    status, said = started(package, tmp_path, address=address)
    assert (status, said.count("\n")) == (1, 1), said
    assert "this host has no such address" in said


@programs
def test_an_address_at_which_nobody_can_reach_it_is_refused(package: str, tmp_path: Path) -> None:
    """Status 2: the settings are wrong, and another start does not make them right."""
    status, said = started(package, tmp_path, address="224.0.0.1")
    assert (status, said.count("\n")) == (2, 1), said
    assert "nobody could reach it" in said


@real
@programs
async def test_a_program_serves_at_an_ipv6_address(package: str, tmp_path: Path) -> None:
    """As at any other."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as free:
        port = free.getsockname()[1]
    file = settings_file(tmp_path, **SETTINGS[package], address="::1", port=port)
    state = tmp_path / "state"
    arguments = command(package, state, "--settings", str(file))
    async with running(arguments, state / "admin.sock"), client() as session:
        url = f"http://[::1]:{port}{HEALTH_PATH}"
        assert (await get(session, url, Health, party=package)).host == "machine"
