"""Time that runs faster than the machine's, for processes on real sockets (pitfalls D).

Loop and clock follow one `Tempo`, so that everything that a program sees of time agrees. The
kernel's own timers (TCP retries) and the real work of the machine do not accelerate: `safe_rate`
says how fast is still honest.
"""

import asyncio
import mmap
import selectors
import struct
import time  # noqa: TID251 - this is where an accelerated process's time comes from
from collections.abc import Callable
from pathlib import Path
from typing import Any

from licensing.policies import LATEST_WALL_NS, NS_PER_SECOND, TIMING
from runtime.lateness import Delay
from runtime.tempo import NOTICE_NS, Tempo

SMALLEST_OVERSHOOT_S = 0.0012
"""epoll rounds sleeps up to whole milliseconds, and waking up takes its time, too (D1)."""

MARGIN = 10
"""A time-out is at least this many times as long as what sleeping may add to it."""

_TLS_HANDSHAKE_S = 10.0
_TLS_SHUTDOWN_S = 1.0
_SAMPLES = 100
_OFFSET = struct.Struct("=q")


class RateUnsafe(Exception):
    """A rate at which the protocol's time-outs are no longer honest; the message does the sum."""


class ClockOffset:
    """By how many nanoseconds one process's wall clock is wrong: an int64 in a mapped file.

    The holder of the file steps the clock of a running process; a new file says 0.
    """

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            if file.seek(0, 2) < _OFFSET.size:
                file.truncate(_OFFSET.size)
            self._memory = mmap.mmap(file.fileno(), _OFFSET.size)

    @property
    def ns(self) -> int:
        """The offset as it is now."""
        offset_ns: int = _OFFSET.unpack_from(self._memory)[0]
        return offset_ns

    @ns.setter
    def ns(self, offset_ns: int) -> None:
        _OFFSET.pack_into(self._memory, 0, offset_ns)


class AcceleratedClock:
    """The clocks of a simulated machine, which follow `tempo`.

    Real instants of a tempo are readings of this computer's monotonic clock (the same in every
    process and network namespace); `epoch_ns` is the simulated UTC of the simulated instant 0.
    """

    def __init__(self, tempo: Tempo, epoch_ns: int, offset: ClockOffset | None = None) -> None:
        self._tempo = tempo
        self._epoch_ns = epoch_ns
        self._offset = offset

    def monotonic_ns(self) -> int:
        """Simulated nanoseconds since the instant 0."""
        return self._tempo.simulated_ns(time.monotonic_ns())

    def wall_ns(self) -> int:
        """UTC since 1970 as the machine believes it; it ends in 2262."""
        offset_ns = self._offset.ns if self._offset else 0
        return min(self._epoch_ns + self.monotonic_ns() + offset_ns, LATEST_WALL_NS)

    def instant_ns(self) -> int:
        """The instant of a fact: true time since the origin, whatever the wall clock says."""
        return self.monotonic_ns()


def _ignore(_: Delay) -> None:
    """Nobody asks."""


class AcceleratedLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time` is in the simulated seconds of `tempo`.

    TLS handshakes are real work, so their time-outs stay real, or longer where time is slower.
    `note` hears after each round of the loop by how much it came too late.
    """

    def __init__(self, tempo: Tempo, note: Callable[[Delay], None] = _ignore) -> None:
        super().__init__(_Selector(tempo, note))
        self._tempo = tempo

    def time(self) -> float:
        """Simulated seconds since the instant 0."""
        return self._tempo.simulated_ns(time.monotonic_ns()) / NS_PER_SECOND

    async def create_connection(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as asyncio's
        """As asyncio's."""
        return await super().create_connection(*args, **self._with_real_tls_times(options))

    async def create_server(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as asyncio's
        """As asyncio's."""
        return await super().create_server(*args, **self._with_real_tls_times(options))

    def _with_real_tls_times(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options.get("ssl"):
            return options
        return options | {
            "ssl_handshake_timeout": _TLS_HANDSHAKE_S * self._tempo.fastest,
            "ssl_shutdown_timeout": _TLS_SHUTDOWN_S * self._tempo.fastest,
        }


class _Selector(selectors.DefaultSelector):
    """Waits as long in real time as it is asked to in simulated, and notes what it was late.

    Where the tempo may change it never sleeps through an announcement: to wake up early costs a
    turn of the loop, and the timer is set anew. So a process that does nothing looks as often.
    """

    def __init__(self, tempo: Tempo, note: Callable[[Delay], None]) -> None:
        super().__init__()
        self._tempo = tempo
        self._note = note
        self._woke_ns = time.monotonic_ns()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        wait_ns = self._real_ns(timeout)
        events = super().select(None if wait_ns is None else wait_ns / NS_PER_SECOND)
        now_ns = time.monotonic_ns()
        if wait_ns is not None:
            self._note(Delay(until_ns=now_ns, late_ns=now_ns - self._woke_ns - wait_ns))
        self._woke_ns = now_ns
        return events

    def _real_ns(self, timeout: float | None) -> int | None:
        if timeout is None or timeout <= 0:
            return None if timeout is None else 0
        now_ns = time.monotonic_ns()
        due_ns = self._tempo.simulated_ns(now_ns) + round(timeout * NS_PER_SECOND)
        wait_ns = max(0, self._tempo.real_ns(due_ns) - now_ns)
        return min(wait_ns, NOTICE_NS // 5) if self._tempo.is_shared else wait_ns


def measured_overshoot_s() -> float:
    """By how much sleeping is too long here and now: the 95th percentile of a tenth of a second."""
    asked_s = SMALLEST_OVERSHOOT_S / 10
    with selectors.DefaultSelector() as selector:
        overshoots = sorted(_overshoot_s(selector, asked_s) for _ in range(_SAMPLES))
    return max(SMALLEST_OVERSHOOT_S, overshoots[_SAMPLES * 95 // 100])


def safe_rate(overshoot_s: float) -> float:
    """The fastest rate at which an overshoot is a tenth of the shortest protocol time-out."""
    return _shortest_timeout_s() / MARGIN / max(overshoot_s, SMALLEST_OVERSHOOT_S)


def require_safe_rate(rate: float, overshoot_s: float) -> None:
    """Raise `RateUnsafe`, with the arithmetic, where `rate` is faster than `safe_rate`."""
    safe = safe_rate(overshoot_s)
    if rate > safe:
        timeout_s = _shortest_timeout_s()
        overshoot_ms = max(overshoot_s, SMALLEST_OVERSHOOT_S) * 1000
        raise RateUnsafe(
            f"{rate:g} times as fast is too fast here: a sleep lasts up to {overshoot_ms:.1f} ms "
            f"too long, which would be {overshoot_ms / 1000 * rate:.1f} simulated seconds. "
            f"Safe is a tenth of the shortest time-out: "
            f"{timeout_s:g} s / {MARGIN} / {overshoot_ms:.1f} ms = {safe:.0f}."
        )


def _shortest_timeout_s() -> float:
    waits = (
        TIMING.answer_ns,
        TIMING.redial_grace_ns,
        TIMING.dial_ns,
        TIMING.shortest_backoff_ns,
        TIMING.heartbeat_ns,
    )
    return min(waits) / NS_PER_SECOND


def _overshoot_s(selector: selectors.BaseSelector, asked_s: float) -> float:
    began_ns = time.perf_counter_ns()
    selector.select(asked_s)
    return (time.perf_counter_ns() - began_ns) / NS_PER_SECOND - asked_s
