"""A start loads what it needs, and no more: it is most of the time of a short run."""

import json
import subprocess
import sys

import pytest
from processes import ROOT

from simulator.cli.shipped_scenarios import DIRECTORY

CERTIFICATES = (
    "import json; from aiohttp import connector\n"
    "print(json.dumps(connector._SSL_CONTEXT_VERIFIED.cert_store_stats()))"
)
PROGRAMS = ("license_server", "master_cla", "nodes")


def told(program: str) -> str:
    """What a fresh process writes that runs `program`."""
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_no_command_reads_the_certificates_of_the_computer() -> None:
    """It would take an eighth of a short run, and nothing is asked for which they would vouch."""
    scenario = str(DIRECTORY / "slave-cut-off-31-days.yaml")
    command = (
        "import sys; from internetsim.command import main\n"
        f"sys.argv[1:] = ['run', '--quiet', {scenario!r}]; main()\n"
    )
    *_, last = told(command + CERTIFICATES).splitlines()
    assert json.loads(last)["x509"] == 0


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_loads_neither_certificates_nor_what_draws_on_a_terminal(program: str) -> None:
    """Its log is JSON, and TLS between programs has an authority of the installation."""
    start = (
        "from internetsim import start; start.begin_program()\n"
        f"import sys, structlog, runtime.process, {program}.service\n"
        "print(*[name for name in sys.modules if name.startswith('rich.')])\n"
    )
    modules, certificates = told(start + CERTIFICATES).splitlines()
    assert modules == ""
    assert json.loads(certificates)["x509"] == 0


def test_without_that_a_program_would_load_both() -> None:
    """So that the test above has something to see: structlog finds what others have installed."""
    assert "True" in told("import sys, structlog; print('rich.console' in sys.modules)")
