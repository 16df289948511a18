"""What docs/operating.md tells of settings and of the log is true."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from examples import members_of
from processes import PATIENCE_S, ROOT

from licensing.events import AgentFact, Fact, LicenseServerFact, NodeFact, ProgramStarted
from master_cla.service import AgentSettings
from runtime.options import read_options
from runtime.process import read_settings

DOCS = (ROOT / "docs" / "operating.md").read_text()
FACTS = {kind.__struct_config__.tag: kind for kind in members_of(Fact)}
OWN = {"node": NodeFact, "CLA": AgentFact, "CLS": LicenseServerFact}

PROGRAM = """
import logging, sys
from licensing.events import ProgramStarted
from licensing.records import Record
from runtime.process import run_program

class Settings(Record):
    pass

async def serve(host, settings):
    host.journal.record(ProgramStarted(program="node"))
    host.journal.record(ProgramStarted(program="node"))
    logging.getLogger("library").warning("in words")
    try:
        raise ValueError
    except ValueError:
        logging.getLogger("library").exception("an error")

sys.exit(run_program("program", "A program.", Settings, serve))
"""


def table(header: str) -> list[list[str]]:
    """The rows of the table whose header line begins so, as cells."""
    (rows,) = re.findall(
        rf"^\| {re.escape(header)} .*\n\|[-|]+\|\n((?:\|.*\n)+)", DOCS, re.MULTILINE
    )
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows.splitlines()]


def quoted(cell: str) -> list[str]:
    """The words between backticks."""
    return re.findall("`([^`]+)`", cell)


@pytest.mark.parametrize("row", table("`event`"), ids=lambda row: quoted(row[0])[0])
def test_a_fact_has_the_fields_that_its_row_names(row):
    """In their order, and the program that is named is the one that states it."""
    (event,), program, fields = quoted(row[0]), row[1], quoted(row[2])
    kind = FACTS[event]
    assert kind.__struct_fields__ == tuple(fields)
    assert kind is ProgramStarted if program == "all" else kind in members_of(OWN[program])


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> list[dict[str, object]]:
    """What a process logs: a fact, what a library warns of, its error, and the journal's loss."""
    directory = tmp_path_factory.mktemp("program")
    identity = ["--host-name", "hq", "--locking-id", "00-1A-E8-4C-00-01"]
    where = ["--state", str(directory), "--journal", "/dev/full"]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *identity, *where],
        cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_a_line_has_the_general_fields_and_no_other(lines):
    """Those of a fact, of what a library reports, and of an error."""
    rows = [(quoted(name)[0], facts, libraries) for name, facts, libraries, _ in table("Field")]
    of_facts = {name for name, facts, _ in rows if facts == "yes"}
    of_libraries = {name for name, _, libraries in rows if libraries == "yes"}
    of_errors = {name for name, _, libraries in rows if libraries != "no"}
    fact, lost, _, warning, error = lines
    assert set(fact) == of_facts | set(ProgramStarted.__struct_fields__)
    assert (set(warning), set(error)) == (of_libraries, of_errors)
    assert (fact["event"], fact["level"], fact["host"]) == ("program-started", "info", "hq")
    assert (warning["event"], warning["level"], error["level"]) == ("in words", "warning", "error")
    assert (lost["event"], lost["level"]) == ("journal-lost", "error")
    assert set(lost) == of_facts | {"reason"}


def test_a_cla_can_be_told_everything_by_environment(tmp_path):
    """The example can be read as it stands, beside the state directory that the unit says."""
    (block,) = re.findall(r"```sh\n(INTERNETSIM_.*?)```", DOCS, re.DOTALL)
    said = dict(word.split("=", 1) for word in shlex.split(block))
    options = read_options("cla", "", [], {"INTERNETSIM_STATE": str(tmp_path)} | said)
    assert (options.host_name, options.locking_id) == ("hq", "00-1A-E8-4C-00-01")
    assert read_settings(options.settings, AgentSettings).port == 61740


def test_the_units_read_their_environment_from_where_it_is_said():
    """Whatever it says counts before what the unit itself says of the machine file."""
    for name in ("cls", "cla", "node"):
        unit = (Path(ROOT) / "deploy" / f"internetsim-{name}.service").read_text()
        assert f"EnvironmentFile=-/etc/internetsim/{name}.env" in unit
