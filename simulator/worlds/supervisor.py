"""Programs that ended themselves are started again, as their units do it (`deploy/*.service`).

A program that ends at each start for 30 days is started 86,400 times. A start is left out, and
counted, where it can only end as the one before did: that one ended for what stands on the disk,
left the disk as it had found it, and nobody has touched the disk since (decision 15). While nothing
at all runs in a world nobody looks at a disk either.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from licensing.policies import NS_PER_SECOND

RESTART_S = 30.0
"""`RestartSec` of the units, with `Restart=on-failure`."""
_RESTART_NS = round(RESTART_S * NS_PER_SECOND)

ON_THE_DISK = frozenset(
    {"state-damaged", "state-names-alike", "state-unreachable", "state-version-unknown"}
)
"""Ends for which nothing but the disk is the reason: no clock, no chance, no other program."""

_OF_ONE_PROCESS = ("-shm", ".sock")
"""What a program makes anew at each start: SQLite's shared memory, the administration socket."""

Supervised = tuple[str, str]
"""Host and program."""


class _Look(msgspec.Struct, frozen=True):
    """How a disk looked: whether it was full, and each path of a directory, itself among them.

    Whoever writes there, or makes or removes a file, changes it. It may be compared very many
    times in a month, so that is cheap.
    """

    full: bool
    paths: dict[str, tuple[int, int]]

    def is_still_so(self, *, full: bool) -> bool:
        """Whether nobody has touched anything since."""
        try:
            return full == self.full and all(_stat(path) == it for path, it in self.paths.items())
        except FileNotFoundError:
            return False


def _stat(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_size, found.st_ctime_ns


class _Down(msgspec.Struct):
    """A program that waits for its next start: when that is due, and how many were left out.

    `left` is how its disk looked at its end, None where the next start may end otherwise.
    """

    due_ns: int
    left: _Look | None
    left_out: int = 0

    def leave_out(self, starts: int, *, counted: bool) -> None:
        """So many starts are not made, and count unless their unit stands still."""
        self.due_ns += starts * _RESTART_NS
        self.left_out += starts * counted


class Supervisor:
    """Calls `restart` with host, program and how many starts that call stands for.

    `now_ns` is the world's time, and before `idle_until_ns` nothing runs in it. `directory` is
    where a program keeps its state, `full` whether a host's disk is; a frozen host's unit stands
    still too, as `frozen` tells. An error of `restart` goes to `fail`.
    """

    def __init__(
        self,
        restart: Callable[[str, str, int], Awaitable[None]],
        *,
        now_ns: Callable[[], int],
        idle_until_ns: Callable[[], int],
        directory: Callable[[str, str], Path],
        frozen: Callable[[str], bool],
        full: Callable[[str], bool],
        fail: Callable[[Exception], None],
    ) -> None:
        self._restart = restart
        self._now_ns = now_ns
        self._idle_until_ns = idle_until_ns
        self._directory = directory
        self._frozen = frozen
        self._full = full
        self._fail = fail
        self._timer: asyncio.TimerHandle | None = None
        self._down: dict[Supervised, _Down] = {}
        self._found: dict[Supervised, str] = {}
        self._starting: dict[Supervised, asyncio.Task[None]] = {}

    def ended(self, host: str, program: str, reason: str) -> None:
        """A program has ended itself: start it again in `RESTART_S`."""
        key = host, program
        found = self._found.pop(key, None)
        directory = self._directory(host, program)
        same_again = reason in ON_THE_DISK and found == _content(directory)
        due_ns = self._now_ns() + _RESTART_NS
        self._down[key] = _Down(due_ns, self._look(key) if same_again else None)
        self._wait()

    def serves(self, host: str, program: str) -> None:
        """A program has come up: what ends it from now on, its start did not find."""
        self._found.pop((host, program), None)

    async def forget(self, host: str) -> None:
        """The power of a host fails or comes, or its programs are stopped: its unit waits no more.

        Returns when no start is under way; one that was may have ended its program again.
        """
        while under_way := self._under_way(host):
            await asyncio.shield(under_way[0])
        for key in [key for key in self._down if key[0] == host]:
            del self._down[key]
        for key in [key for key in self._found if key[0] == host]:
            del self._found[key]
        self._wait()

    def _under_way(self, host: str) -> list[asyncio.Task[None]]:
        starting = self._starting.items()
        return [task for key, task in starting if key[0] == host and not task.done()]

    async def end(self) -> None:
        """The world ends: nothing is started any more."""
        for host in dict.fromkeys(host for host, _ in [*self._down, *self._starting]):
            await self.forget(host)

    def _wait(self) -> None:
        """For the start that is due next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._down:
            due_ns = min(down.due_ns for down in self._down.values())
            after_s = (due_ns - self._now_ns()) / NS_PER_SECOND
            self._timer = asyncio.get_running_loop().call_later(after_s, self._due)

    def _due(self) -> None:
        self._timer, now_ns = None, self._now_ns()
        idle_until_ns = self._idle_until_ns()
        for key, down in [*self._down.items()]:
            if down.due_ns > now_ns:
                continue
            frozen = self._frozen(key[0])
            if frozen or (down.left and down.left.is_still_so(full=self._full(key[0]))):
                starts = -(-(idle_until_ns - down.due_ns) // _RESTART_NS)
                down.leave_out(max(1, starts), counted=not frozen)
            else:
                self._begin(key, down.left_out + 1)
        self._wait()

    def _begin(self, key: Supervised, times: int) -> None:
        del self._down[key]
        self._found[key] = _content(self._directory(*key))
        task = asyncio.create_task(self._start(key, times))
        self._starting[key] = task
        task.add_done_callback(lambda _: self._starting.pop(key))

    async def _start(self, key: Supervised, times: int) -> None:
        try:
            await self._restart(*key, times)
        except Exception as error:  # noqa: BLE001 - whatever it is ends the run
            self._fail(error)

    def _look(self, key: Supervised) -> _Look:
        directory = self._directory(*key)
        paths = map(str, [directory, *_kept(directory)])
        return _Look(self._full(key[0]), {path: _stat(path) for path in paths})


def _kept(directory: Path) -> list[Path]:
    return [each for each in directory.iterdir() if not each.name.endswith(_OF_ONE_PROCESS)]


def _content(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_kept(directory)):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
