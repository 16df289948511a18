"""Ctrl-C and its like: one word and status 130, whatever the program is doing."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path

import pytest

from internetsim.interruptions import tidied_up
from simulator.cli.shipped_scenarios import DIRECTORY

ROOT = Path(__file__).parents[3]

AT_ONCE = "os.kill(os.getpid(), signal.SIGINT)"
IN_A_CALLBACK = f"""
class Going: pass
going = Going()
gone = weakref.ref(going, lambda _: {AT_ONCE})
del going
"""
"""An exception is lost here, as in the import system's own callbacks."""
WHILE_A_CLASS_IS_MADE = f"""
class Field:
    def __set_name__(self, owner, name): {AT_ONCE}
class Record: field = Field()
"""
"""Python before 3.12 makes a RuntimeError of an exception here."""


BLOCKING = """
import sys
from nodes.service import serve as served
async def serve(host, settings):
    print("it blocks", file=sys.stderr, flush=True)
    while True: pass
"""


def environment(*before: Path, **changes: str) -> dict[str, str]:
    """The environment in which a child finds our packages, and modules in `before` first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*before, ROOT))), **changes}


@pytest.mark.parametrize("library", ["cyclopts", "pydantic"], ids=["to-read-a-call", "to-do-it"])
@pytest.mark.parametrize(
    "interrupted",
    [AT_ONCE, IN_A_CALLBACK, WHILE_A_CLASS_IS_MADE],
    ids=["at-once", "in-a-callback", "while-a-class-is-made"],
)
def test_while_modules_are_loaded(library: str, interrupted: str, tmp_path: Path) -> None:
    """The process ends there and then, wherever in an import it is."""
    stand_in = f"import os, signal, weakref\n{interrupted}\nprint('went on')"
    (tmp_path / f"{library}.py").write_text(stand_in)
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "scenarios"],
        check=False,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_at_the_end_it_comes_too_late(number: signal.Signals) -> None:
    """What has been done has its status, however impatient somebody is while the program ends."""
    program = (
        "import os, sys; from internetsim.command import main; sys.argv[1:] = ['scenarios']; "
        f"status = main(); os.kill(os.getpid(), {number}); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_one_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As under `nohup`, and in the background of a shell script."""
    hangup = "os.kill(os.getpid(), signal.SIGHUP)"
    (tmp_path / "pydantic.py").write_text(f"import os, signal\n{hangup}\nprint('went on')")
    program = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "from internetsim.command import main; sys.argv[1:] = ['scenarios']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, env=environment(tmp_path)
    )
    assert done.stdout == b"went on\n"


def test_where_ctrl_c_is_ignored_the_others_are_not() -> None:
    """A command at work tidies up; afterwards everything is as it was."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = [signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)]
    try:
        with tidied_up():
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert [signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)] == others
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_while_a_scenario_is_played(number: signal.Signals, tmp_path: Path) -> None:
    """One line, status 130, no traceback, and no state directory left behind."""
    path = tmp_path / "long.yaml"
    written = (DIRECTORY / "healed-on-day-29.yaml").read_text()
    path.write_text(written + "  - {at: day 9000, expect: {all: regular}}\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # The world prefers /dev/shm for its disks: a directory of our own proves that it tidies up.
    program = (
        "import pathlib, sys; from simulator.worlds import disks; "
        "from internetsim.command import main; "
        f"disks._fast_disk = lambda: pathlib.Path({str(scratch)!r}); "
        f"sys.argv[1:] = ['run', '--quiet', '--journal=-', {str(path)!r}]; sys.exit(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(TMPDIR=str(scratch)),
    ) as process:
        assert process.stdout is not None
        assert b"run-began" in process.stdout.readline()
        assert list(scratch.iterdir()) != []
        process.send_signal(number)
        _, complaints = process.communicate(timeout=30)
    assert complaints == b"interrupted\n"
    assert process.returncode == 130
    assert list(scratch.iterdir()) == []
    assert tempfile.gettempdir() != str(scratch)


def test_one_that_a_callback_would_swallow_ends_a_loop_where_ctrl_c_is_ignored() -> None:
    """As in the background of a script: it goes the way of Ctrl-C, and not into whatever runs."""

    async def interrupted() -> None:
        exec(
            IN_A_CALLBACK.replace("SIGINT", "SIGTERM"),
            {"os": os, "signal": signal, "weakref": weakref},
        )
        await asyncio.sleep(0.1)
        went_on.append(True)

    went_on: list[bool] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with tidied_up(), pytest.raises(KeyboardInterrupt):
            asyncio.run(interrupted())
    finally:
        signal.signal(signal.SIGINT, before)
    assert not went_on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_a_client_blocks(number: signal.Signals, tmp_path: Path) -> None:
    """The first one ends it, soon, and says where it stood; its state directory is gone."""
    client = tmp_path / "block.py"
    client.write_text(BLOCKING)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    program = (
        "import pathlib, sys; from simulator.worlds import disks; "
        "from internetsim.command import main; "
        f"disks._fast_disk = lambda: pathlib.Path({str(scratch)!r}); "
        f"sys.argv[1:] = ['run', '--quiet', 'slave-cut-off-31-days', '--client', "
        f"'north={client}']; sys.exit(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"it blocks\n"
        process.send_signal(number)
        _, complaints = process.communicate(timeout=30)
    stood = f"the client of north blocks: {client}:6 is where it stood\n"
    assert complaints.decode() == f"{stood}interrupted\n"
    assert process.returncode == 130
    assert list(scratch.iterdir()) == []
