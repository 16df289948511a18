"""Programs that ended themselves are started again, as their units do it (`deploy/*.service`).

A program that ends at each start for 30 days is started 86,400 times. A start is left out, and
counted, where it can only end as the one before did: that one ended for what stands on the disk,
left the disk as it had found it, and nobody has touched the disk since (decision 15).
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

RESTART_S = 30.0
"""`RestartSec` of the units, with `Restart=on-failure`."""

ON_THE_DISK = frozenset(
    {"state-damaged", "state-names-alike", "state-unreachable", "state-version-unknown"}
)
"""Ends for which nothing but the disk is the reason: no clock, no chance, no other program."""

_OF_ONE_PROCESS = ("-shm", ".sock")
"""What a program makes anew at each start: SQLite's shared memory, the administration socket."""

Supervised = tuple[str, str]
"""Host and program."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How a disk looked: whether it was full, and each path of a directory, itself among them.

    Whoever writes there, or makes or removes a file, changes it. It is compared every 30 s of
    what may be a month, so that is cheap.
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


@dataclass(slots=True)
class _Down:
    """A program that waits for its next start: the timer, and the starts that were left out.

    `left` is how its disk looked at its end, None where the next start may end otherwise.
    """

    timer: asyncio.TimerHandle
    left: _Look | None
    left_out: int = 0


class Supervisor:
    """Calls `restart` with host, program and how many starts that call stands for.

    `directory` is where a program keeps its state, `full` whether a host's disk is; a frozen host's
    unit stands still too, as `frozen` tells. An error of `restart` goes to `fail`.
    """

    def __init__(
        self,
        restart: Callable[[str, str, int], Awaitable[None]],
        *,
        directory: Callable[[str, str], Path],
        frozen: Callable[[str], bool],
        full: Callable[[str], bool],
        fail: Callable[[Exception], None],
    ) -> None:
        self._restart = restart
        self._directory = directory
        self._frozen = frozen
        self._full = full
        self._fail = fail
        self._down: dict[Supervised, _Down] = {}
        self._found: dict[Supervised, str] = {}
        self._starting: dict[Supervised, asyncio.Task[None]] = {}

    def ended(self, host: str, program: str, reason: str) -> None:
        """A program has ended itself: start it again in `RESTART_S`."""
        key = host, program
        found = self._found.pop(key, None)
        directory = self._directory(host, program)
        same_again = reason in ON_THE_DISK and found == _content(directory)
        self._down[key] = _Down(self._timer(key), self._look(key) if same_again else None)

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
            self._down.pop(key).timer.cancel()
        for key in [key for key in self._found if key[0] == host]:
            del self._found[key]

    def _under_way(self, host: str) -> list[asyncio.Task[None]]:
        starting = self._starting.items()
        return [task for key, task in starting if key[0] == host and not task.done()]

    async def end(self) -> None:
        """The world ends: nothing is started any more."""
        for host in {host for host, _ in [*self._down, *self._starting]}:
            await self.forget(host)

    def _timer(self, key: Supervised) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(RESTART_S, self._due, key)

    def _due(self, key: Supervised) -> None:
        down = self._down[key]
        frozen = self._frozen(key[0])
        if frozen or (down.left and down.left.is_still_so(full=self._full(key[0]))):
            down.left_out += not frozen
            down.timer = self._timer(key)
            return
        del self._down[key]
        self._found[key] = _content(self._directory(*key))
        task = asyncio.create_task(self._start(key, down.left_out + 1))
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
