# ruff: noqa: TID251 - the leaks are planted
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
import types
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from processes import ROOT

from internetsim.own_packages import PACKAGES
from simulator.loop.tripwire import ALLOWED, NondeterminismError, armed
from simulator.loop.virtual_loop import VirtualLoop
from simulator.network.incarnation import Incarnation

RUFF = Path(sys.executable).with_name("ruff")

LEAKS = {
    "os.urandom": "os.urandom(1)",
    "uuid.uuid1": "uuid.uuid1()",
    "uuid.uuid4": "uuid.uuid4()",
    "secrets.token_bytes": "secrets.token_bytes()",
    "secrets.token_hex": "secrets.token_hex()",
    "secrets.randbits": "secrets.randbits(8)",
    "random.random": "random.random()",
    "random.paretovariate": "random.paretovariate(1)",
    "random.shuffle": "random.shuffle([1, 2])",
    "random.uniform": "random.uniform(1, 2)",
    "time.time": "time.time()",
    "time.time_ns": "time.time_ns()",
    "time.monotonic": "time.monotonic()",
    "time.monotonic_ns": "time.monotonic_ns()",
    "time.perf_counter": "time.perf_counter()",
    "time.sleep": "time.sleep(0)",
    "Thread.start": "threading.Thread(target=print).start()",
}


@pytest.fixture
def plant() -> Iterator[object]:
    """Makes modules of a given package, with a planted leak in them."""
    made: list[str] = []

    def make(name: str, code: str) -> types.ModuleType:
        module = types.ModuleType(name)
        imports = "import os, random, secrets, threading, time, uuid\n"
        exec(compile(imports + code, f"{name}.py", "exec"), module.__dict__)
        sys.modules[name] = module
        made.append(name)
        return module

    yield make
    for name in made:
        del sys.modules[name]


@pytest.mark.parametrize("leak", list(LEAKS))
def test_a_planted_leak_in_a_program_is_caught(leak: str, plant) -> None:
    """Each source raises, naming the source, the place and the way out."""
    module = plant("nodes.planted", f"def leak():\n    {LEAKS[leak]}\n")
    with armed(), pytest.raises(NondeterminismError) as caught:
        module.leak()
    message = str(caught.value)
    assert message.startswith("nodes.planted.py:3: ")
    assert leak in message
    assert "host." in message or "task" in message


RARER_LEAKS = {
    "time.clock_gettime": "time.clock_gettime(0)",
    "time.process_time": "time.process_time()",
    "time.thread_time_ns": "time.thread_time_ns()",
    "time.localtime": "time.localtime()",
    "time.gmtime": "time.gmtime(None)",
    "time.ctime": "time.ctime()",
    "time.strftime": "time.strftime('%H')",
    "os.getrandom": "os.getrandom(1)",
    "os.times": "os.times()",
    "SystemRandom.random": "random.SystemRandom().random()",
    "SystemRandom.getrandbits": "secrets.SystemRandom().choice([1, 2])",
    "ssl.RAND_bytes": "ssl.RAND_bytes(1)",
    "_thread.start_new_thread": "_thread.start_new_thread(print, ())",
    "Event.wait": "threading.Event().wait(0.001)",
    "select.select": "select.select([], [], [], 0.001)",
    "socket.create_connection": "socket.create_connection(('127.0.0.1', 9), 0.1)",
    "socket.connect": "socket.socket.connect(None, ('127.0.0.1', 9))",
    "socket.bind": "socket.socket.bind(None, ('127.0.0.1', 0))",
    "socket.gethostbyname": "socket.gethostbyname('localhost')",
}


@pytest.mark.parametrize("leak", list(RARER_LEAKS))
def test_a_rarer_leak_is_caught_as_well(leak: str, plant) -> None:
    """Clocks, chance, threads, waits, and the network of this computer; each with a way out."""
    imports = "import _thread, select, socket, ssl\n"
    module = plant("own_clients.planted", f"{imports}def leak():\n    {RARER_LEAKS[leak]}\n")
    with armed(), pytest.raises(NondeterminismError) as caught:
        module.leak()
    message = str(caught.value)
    assert message.startswith("own_clients.planted.py:4: ")
    assert leak in message
    assert any(way_out in message for way_out in ("host.", "task", "asyncio"))


def test_who_gives_a_source_to_an_executor_is_caught(plant) -> None:
    """The loop calls it in the place of who has given it."""
    leak = "def leak(loop):\n    return loop.run_in_executor(None, time.time)\n"
    module = plant("own_clients.planted", leak)
    with closing(VirtualLoop()) as loop, armed(), pytest.raises(NondeterminismError) as caught:
        module.leak(loop).result()
    assert str(caught.value).startswith("own_clients.planted.py:3: time.time")


def test_a_time_that_is_given_is_only_written_otherwise(plant) -> None:
    """The planted strictness: these functions read a clock only where they are given none."""
    calls = "time.gmtime(7), time.strftime('%S', time.gmtime(7)), time.ctime(7)"
    module = plant("own_clients.planted", f"def leak():\n    return {calls}\n")
    with armed():
        assert module.leak()[1] == "07"


def test_what_a_client_has_asked_through_others_is_told_by_its_own_line(plant) -> None:
    """The library's line stands beside it; the way out is that of a program."""
    plant("library", "def stamp():\n    return time.time()\n")
    client = plant("own_clients.c", "import library\ndef leak():\n    library.stamp()\n")
    with armed(), pytest.raises(NondeterminismError) as caught:
        Incarnation("hq").context().run(client.leak)
    through = r"own_clients\.c\.py:4 \(through .*library\.py:3\): time\.time in a .*host\.clock"
    assert re.match(through, str(caught.value))


@pytest.mark.parametrize("package", PACKAGES)
def test_ruff_finds_each_leak_before_anything_runs(package: str) -> None:
    """It bans the modules by name: in every package of ours, with no exception for a folder."""
    text = "\n".join(f"import {leak.partition('.')[0]}; {leak}" for leak in LEAKS.values())
    command = [RUFF, "check", "--no-cache", "--select=TID251", "--output-format=concise"]
    file = f"--stdin-filename={ROOT / package / 'planted.py'}"
    found = subprocess.run(
        [*command, file, "-"], input=text, capture_output=True, text=True, check=False
    )
    lines = {int(line.split(":")[1]) for line in found.stdout.splitlines() if "TID251" in line}
    assert lines == {*range(1, len(LEAKS) + 1)}, found.stdout + found.stderr


def test_a_name_imported_from_a_source_is_caught(plant) -> None:
    """`from time import monotonic`, done long before the run, is exchanged too, and restored."""
    module = plant(
        "licensing.planted", "from time import monotonic\ndef leak():\n    return monotonic()\n"
    )
    with armed(), pytest.raises(NondeterminismError):
        module.leak()
    assert module.leak() > 0


@pytest.mark.parametrize("package", ["aiohttp", "simulator"])
def test_who_is_listed_passes_on_a_host(package: str, plant) -> None:
    """A third party, and the simulator itself: each for a reason that is written down."""
    listed = plant(f"{package}.planted", "def leak():\n    return os.urandom(1)\n")
    with armed():
        assert Incarnation("hq").context().run(listed.leak)
    assert all(len(reason) > 10 for reason in ALLOWED.values())


def test_who_is_not_listed_passes_outside_all_hosts_only(plant) -> None:
    """On a host it is asked to be listed with a reason."""
    unknown = plant("stranger", "def leak():\n    return os.urandom(1)\n")
    with armed():
        with pytest.raises(NondeterminismError, match=r"stranger calls os\.urandom"):
            Incarnation("hq").context().run(unknown.leak)
        assert unknown.leak(), "a script outside all hosts may"


def test_everything_is_restored() -> None:
    """After the run, and after a failed run, the sources are themselves again."""
    before = (os.urandom, uuid.uuid4, secrets.choice, random.random, time.time)
    own = dict(vars(socket.socket))
    start = threading.Thread.start
    with armed():
        assert os.urandom is not before[0]
    with pytest.raises(KeyError), armed():
        raise KeyError
    assert before == (os.urandom, uuid.uuid4, secrets.choice, random.random, time.time)
    assert threading.Thread.start is start
    assert dict(vars(socket.socket)) == own
