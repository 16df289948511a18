"""A process of a live run, as its supervisor sees it."""

import asyncio
import time  # noqa: TID251 - what a process misses is real time
from pathlib import Path

import msgspec
import pytest

from runtime.lateness import Delay
from simulator.live.processes import LiveProgram
from simulator.loop.failures import ProgramDied

PROGRAM = """
import json, sys
from licensing.events import Entry, ProgramEnded, ProgramStarted
import msgspec
with open(json.load(open(sys.argv[-1]))["journal"], "wb") as journal:
    for at, fact in enumerate((ProgramStarted("cla"), ProgramEnded("cla", "disk-full"))):
        journal.write(msgspec.json.encode(Entry(at, "hq", fact)) + b"\\n")
sys.exit(1)
"""


@pytest.mark.asyncio(loop_factories=["real"])
async def test_whoever_has_ended_has_to_keep_up_no_more(tmp_path: Path) -> None:
    """Until it is started again and has loaded its modules: what is late then is no stall."""
    script, ended = tmp_path / "program.py", asyncio.Event()
    script.write_text(PROGRAM)
    reasons = []

    def heard(host: str, program: str, reason: str, death: ProgramDied) -> None:
        reasons.append((host, program, reason))
        ended.set()

    program = LiveProgram(
        "hq",
        "cla",
        command=lambda argv: [argv[0], str(script), argv[-1]],
        log=tmp_path / "log",
        delays=tmp_path / "delays",
        read=lambda _: None,
        ended=heard,
        look_s=0.02,
    )
    await program.start({}, tmp_path / "machine.json")
    await ended.wait()
    assert reasons == [("hq", "cla", "disk-full")]
    later_ns = time.monotonic_ns() + 1_000_000_000
    loading = Delay(until_ns=later_ns, late_ns=900_000_000)
    (tmp_path / "delays").write_bytes(msgspec.json.encode(loading) + b"\n")
    assert [*program.delays()] == []
