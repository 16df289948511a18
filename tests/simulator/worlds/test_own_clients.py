"""Clients of somebody's own in the place of nodes: what docs/api.md tells of them is true."""

import ast
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
from live_scenarios import SHORT_OUTAGE

from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.explore.exploration import SeedBatch, play_batch
from simulator.explore.played_run import RunFate
from simulator.loop.failures import ProgramDied
from simulator.loop.tripwire import NondeterminismError
from simulator.runs.play import Result, play
from simulator.scenario import ClientFile, OwnClients, load_scenario, parse_scenario
from simulator.worlds.client_programs import ClientUnusable, serve_of

ROOT = Path(__file__).parents[3]
((SECTION, SLOW_CLOCK),) = re.findall(
    r"^## A client of your own\n(.*?```python\n(.*?)```.*?)^## ",
    (ROOT / "docs" / "api.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
OURS = "from nodes.service import serve\n"
GOING_ON = """
    from nodes.service import serve
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await serve(host, settings)
"""
HEALTH_ALONE = """
    from runtime.http import Api
    async with Api("node", host).listening_on_unix(host.admin_socket):
        await asyncio.sleep(1e9)
"""
ANSWERS_OTHERWISE = """
    from aiohttp import web
    async def answer(request):
        health = {"program": "node", "host": "north"}
        return web.json_response(health if request.path == "GOOD" else {"ok": True})
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.UnixSite(runner, str(host.admin_socket)).start()
    await asyncio.sleep(1e9)
"""
OUTAGE = load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml")


def played(text: str, name: str = "north") -> Result:
    """A short outage with this program in the place of a node."""
    own = OwnClients({name: ClientFile("client.py", text)})
    return play(parse_scenario(SHORT_OUTAGE).with_clients(own))


def test_our_own_node_as_a_client_has_the_same_history() -> None:
    """The seam changes nothing: neither for one node nor for all slaves."""
    ours = ClientFile("ours.py", OURS)
    digest = play(OUTAGE).digest
    for own in (OwnClients({"north": ours}), OwnClients(of_slaves=ours)):
        assert play(OUTAGE.with_clients(own)).digest == digest


HEEDING = """
import asyncio, contextlib, signal
from nodes.service import serve as serve_node

async def serve(host, settings):
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress({bears}):
        await serve_node(host, settings)
"""


@pytest.mark.parametrize("bears", ["", "asyncio.CancelledError"])
def test_a_client_that_heeds_signals_as_daemons_do_stops_in_order(bears: str) -> None:
    """Cancelled by its own handler, or returning because of it; this process keeps its signals."""
    before = signal.getsignal(signal.SIGINT)
    result = played(HEEDING.format(bears=bears))
    assert result.digest == played(OURS).digest
    assert signal.getsignal(signal.SIGINT) is before


def test_the_documented_client_breaks_the_rule_that_is_told() -> None:
    """The planted fault of the document, found by the oracle in a scenario that others pass."""
    own = OwnClients({"north": ClientFile("slow_clock.py", SLOW_CLOCK)})
    violation = play(OUTAGE.with_clients(own)).violation
    assert violation is not None
    assert (violation.rule, violation.host) == ("O2", "north")
    assert "O2 broken by north" in SECTION


def test_the_documented_script_plays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands there, with the documented client and the shipped scenario."""
    monkeypatch.chdir(tmp_path)
    Path("slow_clock.py").write_text(SLOW_CLOCK)
    shutil.copy(DIRECTORY / "slave-cut-off-31-days.yaml", "outage.yaml")
    [script] = re.findall(r"^```python\n(from pathlib.*?)```", SECTION, re.MULTILINE | re.DOTALL)
    exec(script, {})
    assert capsys.readouterr().out.startswith("False O2")


def test_exploring_breaks_it_and_not_ours() -> None:
    """In the place of all slaves of drawn internetworks."""
    seeds = range(1, 5)
    slow = OwnClients(of_slaves=ClientFile("slow_clock.py", SLOW_CLOCK))
    fates = [run.verdict for run in play_batch(SeedBatch(seeds, clients=slow))]
    assert RunFate.VIOLATED in fates
    ours = OwnClients(of_slaves=ClientFile("ours.py", OURS))
    assert play_batch(SeedBatch(seeds, clients=ours)) == play_batch(SeedBatch(seeds))


def test_a_changed_copy_of_our_node_is_a_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the document says it is made; the planted fault: telephones say too late what is so."""
    copy = tmp_path / "my_nodes"
    shutil.copytree(ROOT / "nodes", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for file in copy.rglob("*.py"):
        file.write_text(re.sub(r"\b(from|import) nodes\b", r"\1 my_nodes", file.read_text()))
    displays = copy / "failover" / "displays.py"
    changed = displays.read_text().replace(
        "is NodeState.FAILOVER else", "is NodeState.EMERGENCY else"
    )
    displays.write_text(changed)
    monkeypatch.syspath_prepend(tmp_path)
    own = OwnClients({"north": ClientFile("mine.py", "from my_nodes.service import serve\n")})
    violation = play(OUTAGE.with_clients(own)).violation
    assert violation is not None
    assert (violation.rule, violation.host) == ("O3", "north")


def test_the_document_names_the_facts_by_which_a_node_is_judged() -> None:
    """All that a node states and the oracle reads, and no other."""
    read = _events((ROOT / "simulator" / "oracle").rglob("*.py"))
    stated = _events([*(ROOT / "nodes").rglob("*.py")])
    named = {
        name
        for cell in re.findall(r"^\| (`.*?) \|", SECTION, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    }
    assert named == stated & read - {"AssignmentChange"}


def _events(files: Iterable[Path]) -> set[str]:
    trees = (ast.parse(file.read_text()) for file in files)
    return {
        alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "licensing.events"
        for alias in node.names
        if alias.name != "Entry"
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = (", r"client\.py:1: '\(' was never closed"),
        ("\nx = 1 / 0\n", r"client\.py:2: ZeroDivisionError: division by zero"),
        ("\nimport no_such_module\n", r"client\.py:2: ModuleNotFoundError: .*PYTHONPATH"),
        ("raise SystemExit(3)\n", r"client\.py:1: SystemExit: 3"),
        ("", r"client\.py: it needs `async def serve\(host, settings\)`"),
        ("def serve(host, settings): ...\n", r"client\.py: it needs `async def serve"),
        ("async def serve(host): ...\n", r"client\.py: serve cannot be called with a host and se"),
    ],
)
def test_a_file_that_is_no_client_is_refused_with_its_line(text: str, says: str) -> None:
    """Before anything is played."""
    with pytest.raises(ClientUnusable, match=says):
        serve_of(ClientFile("client.py", text))


def test_a_client_that_fails_ends_the_run_with_its_last_words() -> None:
    """Its traceback, to the line of its own file."""
    failing = "async def serve(host, settings):\n    host.journal.notice()\n"
    with pytest.raises(ProgramDied, match=r'(?s)client of north has failed.*"client\.py", line 2'):
        played(failing)


@pytest.mark.parametrize("kept", ["", "task = "], ids=["and-is-freed", "and-is-kept"])
def test_a_task_of_a_client_that_fails_and_that_nobody_awaits_ends_the_run(kept: str) -> None:
    """Whether the client keeps it or not, which is all that asyncio tells one by."""
    failing = f"""
import asyncio
from nodes.service import serve as ours
async def fail():
    await asyncio.sleep(3600)
    raise ValueError("in vain")
async def serve(host, settings):
    {kept}asyncio.ensure_future(fail())
    await ours(host, settings)
"""
    with pytest.raises(ProgramDied, match=r"(?s)nobody has awaited it.*ValueError: in vain"):
        played(failing)


def test_a_client_that_returns_ends_the_run() -> None:
    """Nobody has stopped it."""
    with pytest.raises(ProgramDied, match=r"client of north has returned: serve in client\.py"):
        played("async def serve(host, settings):\n    pass\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("    raise SystemExit(0)\n", "client of north has failed"),
        (
            "    task = asyncio.create_task(leave())\n    await asyncio.wait([task])\n",
            r"a task of a program has called sys\.exit\(0\)",
        ),
        (
            "    asyncio.create_task(fail())\n    await asyncio.sleep(1e9)\n",
            r'(?s)callback of the client client\.py has failed.*"client\.py", line 6, in fail',
        ),
        (
            "    await asyncio.sleep(1e9)\n",
            r"node of north does not answer GET /v1/health at its a",
        ),
        (
            ANSWERS_OTHERWISE,
            r"does not answer GET /v1/health at its admin\.sock: .* unknown field `ok`",
        ),
        (
            ANSWERS_OTHERWISE.replace("GOOD", "/v1/health"),
            r"node of north \(asked POST /v1/wizard\) does not answer: .* unknown field",
        ),
        (
            "    asyncio.get_running_loop().add_reader(0, print)\n",
            r"closed in a simulated run\. Dial with asyncio or aiohttp",
        ),
        (
            HEALTH_ALONE,
            r"north cannot be prepared, as every run begins: There is no operation POST /v1/wizard",
        ),
        (
            GOING_ON,
            r"(?s)node of north goes on 90 s after it was stopped.*client\.py:1\d, in north/node: ",
        ),
    ],
    ids=[
        *("exit", "exit-of-a-task", "failure-of-a-task", "silence", "odd-health", "odd-answers"),
        *("real-descriptor", "health-alone", "going-on"),
    ],
)
def test_a_client_can_neither_end_the_simulator_nor_make_it_wait(text: str, says: str) -> None:
    """The run ends with a reason, and with no status of the client's own."""
    leave = "async def leave():\n    raise SystemExit(0)\nasync def fail():\n    return {}[0]\n"
    with pytest.raises(ProgramDied, match=says):
        played(
            f"import asyncio\nimport contextlib\n{leave}async def serve(host, settings):\n{text}"
        )


@pytest.mark.parametrize("call", ["time()", "urandom(8)"])
def test_a_client_is_held_to_the_world_s_time_and_chance(call: str) -> None:
    """Also where it has imported the source by its name; the way out is that of our programs."""
    imports = "from os import urandom\nfrom time import time\n"
    with pytest.raises(NondeterminismError, match=r"client\.py:4: .* take .*from host\."):
        played(f"{imports}async def serve(host, settings):\n    {call}\n")


COUNTS_ITS_STARTS = """
from nodes.service import serve as served
starts = []
async def serve(host, settings):
    starts.append(host.name)
    assert len(starts) == 1, starts
    await served(host, settings)
"""


def test_a_client_begins_with_empty_memory_at_each_start() -> None:
    """Neither another node, nor itself before a power cut, nor another run has left any."""
    own = OwnClients(of_slaves=ClientFile("counts.py", COUNTS_ITS_STARTS))
    crash = "\n  - {at: day 2 08:00, crash: north}\n  - {at: day 2 09:00, start: north}\n"
    crashing = parse_scenario(SHORT_OUTAGE.rstrip() + crash)
    ring = load_scenario(DIRECTORY / "ring-survives-one-cut.yaml")
    for scenario in (crashing, crashing, ring):
        play(scenario.with_clients(own))


@pytest.mark.parametrize(
    "text",
    [
        "import time\nclass Backoff:\n    def __init__(self, now=time.monotonic):\n        now()\n",
        "import time\ndef Backoff(now=time.time): now()\n",
        "import uuid\nID = uuid.uuid4()\n",
        "from held_by_another import time as Backoff\n",
        "from held_by_another import stamp as Backoff\n",
    ],
    ids=["of-a-method", "of-a-function", "at-import", "from-a-module", "within-a-module"],
)
def test_a_source_that_is_bound_when_the_file_is_loaded_is_caught(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the file has been loaded before, to see whether it is a client."""
    another = ModuleType("held_by_another")
    exec("from time import time\ndef stamp(): return time()", another.__dict__)
    monkeypatch.setitem(sys.modules, another.__name__, another)
    client = f"{text}async def serve(host, settings):\n    Backoff()\n"
    serve_of(ClientFile("client.py", client))
    with pytest.raises(NondeterminismError, match=r"client\.py:\d[: ].* take .*from host\."):
        played(client)


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        ("RunEnded(verdict='holds')", "a node states none of the kind RunEnded"),
        ("LinkCut(link='x', directions=[])", "a node states none of the kind LinkCut"),
        ("ProgramStarted(program='cla')", "the program of a node is 'node', not 'cla'"),
        ("{'event': 'displays-changed'}", "a node states none of the kind dict"),
        ("DisplaysChanged(displays=['200'])", r"Expected `object`, got `array` - at `\$.displays`"),
        (
            "StateChanged(before='regular', after='failover', cause='x', charged_ns=1.5)",
            r"Expected `int`, got `float` - at `\$.charged_ns`",
        ),
    ],
)
def test_a_client_states_facts_of_a_node_alone(fact: str, says: str) -> None:
    """Whoever could end the journal, or write what nobody can read, would be judged by nobody."""
    text = f"""
from licensing.events import *
from nodes.service import serve as served
async def serve(host, settings):
    try:
        host.journal.record({fact})
    except Exception:
        pass
    await served(host, settings)
"""
    with pytest.raises(
        ProgramDied, match=rf"of north has failed: client\.py:6 states no fact: {says}"
    ):
        played(text)


# At the command line.

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def short(tmp_path: Path) -> str:
    """The file of a short scenario; beside it are our node, `client.py`, and one that is slow."""
    (tmp_path / "client.py").write_text(OURS)
    (tmp_path / "slow.py").write_text(SLOW_CLOCK)
    (tmp_path / "short.yaml").write_text(SHORT_OUTAGE)
    return str(tmp_path / "short.yaml")


def test_a_second_process_and_several_at_once_play_the_same_client(
    short: str, capsys: Captured
) -> None:
    """What is repeated is repeated with it; the opening names who is played by which file."""
    client = short.replace("short.yaml", "client.py")
    assert main(["run", short, "--client", f"north={client}", "--verify-determinism"]) == 0
    said = capsys.readouterr().out
    assert f"north played by {client}" in " ".join(said.split())
    assert "; same: " in said
    slow = short.replace("short.yaml", "slow.py")
    assert main(["run", short, short, "--client", slow, "--jobs", "2"]) == 1
    assert capsys.readouterr().out.count(f"internetsim run {short} --client {slow} --seed 1") == 2


def test_what_exploring_finds_is_repeated_and_made_small_with_the_client(
    short: str, tmp_path: Path, capsys: Captured
) -> None:
    """The call says the client; without it the small scenario holds."""
    slow = short.replace("short.yaml", "slow.py")
    folder = tmp_path / "small"
    call = ["explore", "--client", slow, "--runs", "1", "--seed", "6"]
    assert main([*call, "--shrink", str(folder), "--shrink-minutes", "0.2"]) == 1
    said = capsys.readouterr().out
    assert f"played by clients of your own: {slow}" in said
    assert f"internetsim {' '.join(call)}" in said
    [small] = folder.iterdir()
    assert f"made small: internetsim run {small} --client {slow}" in said
    assert main(["run", str(small), "--quiet"]) == 0
    assert main(["run", str(small), "--quiet", "--client", slow]) == 1


LOGGING = """
import logging
from nodes.service import serve as served

async def serve(host, settings):
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger(__name__).exception("it goes on")
    await served(host, settings)
"""


def test_an_error_that_a_client_logs_fails_the_run_and_what_is_made_small_of_it(
    short: str, tmp_path: Path, capsys: Captured
) -> None:
    """In `run` as in `explore`; of clients for nodes the call names those that are left."""
    client, ours = tmp_path / "logging_client.py", tmp_path / "client.py"
    client.write_text(LOGGING)
    assert main(["run", short, "--quiet", "--client", f"north={client}"]) == 1
    error = "a program has logged ZeroDivisionError: division by zero (it goes on)"
    assert f"fails: {error}, {client}:7 of north\n" in capsys.readouterr().out
    three = str(DIRECTORY / "ring-survives-one-cut.yaml")
    clients = ["--client", f"north={client}", "--client", f"south={ours}"]
    small = ["--shrink", str(tmp_path / "small"), "--shrink-minutes", "0.2"]
    assert main(["explore", three, "--runs", "1", *clients, *small]) == 1
    said = capsys.readouterr().out
    [file] = (tmp_path / "small").iterdir()
    call = shlex.split(said.partition("made small: internetsim ")[2].splitlines()[0])
    assert call == ["run", str(file), "--client", f"north={client}"]
    assert main([*call, "--quiet"]) == 1


def test_what_a_client_logs_is_told_in_full(short: str, tmp_path: Path) -> None:
    """An error with its traceback to other tools, of which it is a failure; all to who watches.

    In a process of its own: pytest listens to what is logged.
    """
    client, result, junit = (tmp_path / name for name in ("logs.py", "r.json", "r.xml"))
    warning = '    logging.getLogger("mine").warning("low on %s", "seats")\n    try:'
    client.write_text(LOGGING.replace("    try:", warning))
    call = ["run", short, "--quiet", "--client", f"north={client}"]
    files = ["--json", result, "--junit", junit]
    command = [sys.executable, "-m", "simulator", *call, *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    reason = json.loads(result.read_text())["reason"]
    assert f'File "{client}", line 8, in serve' in reason
    [failure] = ET.fromstring(junit.read_text()).iter("failure")
    assert "ZeroDivisionError" in failure.attrib["message"]
    assert done.stderr.startswith("low on seats\nit goes on\nTraceback")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--client", "nort=CLIENT"], "has no node nort; did you mean 'north'?"),
        (["--client", "hq=CLIENT", "--client", "hq=CLIENT"], "hq has a client already"),
        (["--client", "CLIENT", "--client", "CLIENT"], "one client stands for all slaves"),
        (["--client", "north=CLIENT", "--client", "CLIENT"], "has a client for each of its slaves"),
        (["--client", "missing.py"], "missing.py: cannot be read: No such file or directory"),
        (["--client", "north="], "--client north=: say FILE or NODE=FILE"),
        (["--client", "=CLIENT"], "client.py: say FILE or NODE=FILE"),
        (["--client", ""], "--client '': say FILE or NODE=FILE"),
        (["--client", "a/b=1/client.py"], "a/b=1/client.py: cannot be read: No such file"),
    ],
)
def test_a_client_without_a_place_or_a_file_is_refused(
    short: str, arguments: list[str], says: str, capsys: Captured
) -> None:
    """In one line, before anything is played."""
    client = short.replace("short.yaml", "client.py")
    assert main(["run", short, *(each.replace("CLIENT", client) for each in arguments)]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_folder_may_have_the_sign_in_its_name(short: str, tmp_path: Path) -> None:
    """No name of a node has a slash: what has one before the sign is a file."""
    folder = tmp_path / "a=1"
    folder.mkdir()
    shutil.copy(tmp_path / "client.py", folder)
    for client in (f"{folder}/client.py", f"north={folder}/client.py"):
        assert main(["run", "--quiet", short, "--client", client]) == 0


def test_of_several_scenarios_those_without_a_place_are_left_out(
    short: str, tmp_path: Path, capsys: Captured
) -> None:
    """A folder is played as far as the client can be; another client's name is still a mistake."""
    (tmp_path / "other.yaml").write_text(SHORT_OUTAGE.replace("north", "south"))
    client = short.replace("short.yaml", "client.py")
    assert main(["run", str(tmp_path), "--client", f"north={client}"]) == 0
    said = capsys.readouterr()
    assert f"left out: --client north={client}: {tmp_path / 'other.yaml'} has no node" in said.err
    assert (said.out.count("holds"), said.out.count("other")) == (1, 0)
    assert main(["run", str(tmp_path), "--client", f"east={client}"]) == 2
    assert "has no node east" in capsys.readouterr().err


def test_what_makes_no_sense_with_a_client_is_refused(short: str, capsys: Captured) -> None:
    """A name among nodes that are drawn; results that are kept of our programs."""
    client = f"north={short.replace('short.yaml', 'client.py')}"
    assert main(["explore", "--client", client]) == 2
    assert "nodes are drawn; say the file alone" in capsys.readouterr().err
    assert main(["compare", short, "--client", client, "--results", "kept.jsonl"]) == 2
    assert "--results keeps what our own programs do" in capsys.readouterr().err


BUGGY = """
from nodes.service import serve as served
from simulator.loop.runner import current_loop

async def serve(host, settings):
    if host.name == "north":
        current_loop().fail(KeyError("planted"))
    await served(host, settings)
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bug_that_stops_one_run_does_not_stop_the_others(
    short: str, tmp_path: Path, jobs: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each has its verdict, in its place; a single run that has one still ends with a traceback."""
    (tmp_path / "other.yaml").write_text(SHORT_OUTAGE.replace("north", "south"))
    client = tmp_path / "buggy.py"
    client.write_text(BUGGY)
    call = ["run", short, str(tmp_path / "other.yaml"), "--quiet", "--jobs", jobs]
    assert main([*call, "--client", str(client)]) == 1
    said = capfd.readouterr().out
    assert "KeyError: 'planted'" in said
    assert "to repeat it: internetsim run" in said
    assert "short: stopped by KeyError" in said
    assert "other: holds" in said
    assert "1 of 2 scenarios do not hold: short" in said
    with pytest.raises(KeyError):
        main(["run", short, "--quiet", "--client", str(client)])
