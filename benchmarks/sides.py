"""The two checkouts of a pair: each with its own code, environment and processes."""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here
from typing import IO

import msgspec

_PLAYER = "benchmarks/side.py"
_OURS = Path(__file__).parents[1]


class WorkCost(msgspec.Struct, frozen=True):
    """What a piece of work took; `largest_mib` and `digest` of a scenario that was played."""

    cpu_s: float
    wall_s: float
    largest_mib: float = 0
    digest: str = ""

    def beyond(self, other: "WorkCost") -> "WorkCost":
        """What it took more than another one."""
        return WorkCost(self.cpu_s - other.cpu_s, self.wall_s - other.wall_s, digest=self.digest)


@dataclass(frozen=True)
class Side:
    """A checkout that has been set up (`make setup`); its player plays scenarios one by one."""

    root: Path

    def program(self, name: str) -> str:
        """The path of a program of its environment; ours may have any Python, others `.venv`."""
        ours = self.root == _OURS
        return str((Path(sys.executable).parent if ours else self.root / ".venv/bin") / name)

    def command(self, *arguments: str) -> WorkCost:
        """`internetsim` with these arguments, from its start to its end; its output is dropped."""
        return self._timed([self.program("internetsim"), *arguments])

    def imports(self, package: str) -> WorkCost:
        """An interpreter that imports a package and ends."""
        return self._timed([self.program("python"), "-c", f"import {package}"])

    @contextlib.contextmanager
    def player(self) -> Iterator["SidePlayer"]:
        """A process that plays scenarios, for the time of the block."""
        own = self.root / _PLAYER
        call = [self.program("python"), "-P", str(own if own.exists() else _OURS / _PLAYER)]
        with subprocess.Popen(
            call,
            cwd=self.root,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield SidePlayer(process.stdin, process.stdout)
            process.stdin.close()

    def _timed(self, call: list[str]) -> WorkCost:
        before, began = _cpu_of_children_s(), perf_counter()
        subprocess.run(
            call, cwd=self.root, env=_environment(), stdout=subprocess.DEVNULL, check=True
        )
        return WorkCost(_cpu_of_children_s() - before, perf_counter() - began)


class SidePlayer:
    """A side's process; it knows only the scenarios of its own version."""

    def __init__(self, questions: IO[bytes], answers: IO[bytes]) -> None:
        self._questions = questions
        self._answers = answers

    def play(self, scenario: Path) -> WorkCost:
        """Play a file; raises `EOFError` where the process died of it."""
        self._questions.write(f"{scenario}\n".encode())
        self._questions.flush()
        answer = self._answers.readline()
        if not answer:
            raise EOFError(f"the player ended while it played {scenario}")
        return msgspec.json.decode(answer, type=WorkCost)


def _environment() -> Mapping[str, str]:
    """As a user has it: bytecode is stored, and nothing stands before the packages of a side."""
    taken = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in taken}


def _cpu_of_children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
