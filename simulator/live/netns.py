"""Network namespaces, links and queueing disciplines: what `ip`, `tc` and setns(2) do for us.

Names carry the process that made them, so that what a killed supervisor left behind is known and
removed by the next one. Nothing here knows of faults or programs.
"""

import ctypes
import itertools
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.worlds.disks import started

NAMESPACE_PREFIX = "internetsim"
RUN = Path("/run/netns")
_NAME = re.compile(rf"{NAMESPACE_PREFIX}-(\d+)-(\d+)-\d+-.+")
_CLONE_NEWNET = 0x4000_0000
_counter = itertools.count()


class CommandFailed(Exception):
    """`ip` or `tc` has refused; the message is theirs."""


def run(*argv: str, lines: Sequence[str] = ()) -> str:
    """Run `ip` or `tc` and give its output; `lines` are the commands of a `-batch -`.

    Raises `CommandFailed`.
    """
    done = subprocess.run(  # noqa: S603 - our own words
        argv,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # a terminal's Ctrl-C is for the supervisor, which tidies up
    )
    if done.returncode:
        raise CommandFailed(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def batch(*argv: str, lines: Sequence[str]) -> None:
    """Run several commands of `ip` or `tc` in one process, until one fails."""
    run(*argv, "-batch", "-", lines=lines)


def new_names(hosts: Sequence[str]) -> dict[str, str]:
    """A namespace name for each host that no other run, past or present, has."""
    pid = os.getpid()
    serial = next(_counter)
    return {host: f"{NAMESPACE_PREFIX}-{pid}-{started(pid)}-{serial}-{host}" for host in hosts}


def orphans() -> list[str]:
    """The namespaces whose supervisor is no more."""
    return [name for name in sorted(path.name for path in RUN.glob("*")) if is_stale(name)]


def is_stale(name: str) -> bool:
    """Whether a run has named it so, and its supervisor is no more: number and start are its."""
    named = _NAME.fullmatch(name)
    return named is not None and started(named[1]) != named[2]


def remove(names: Sequence[str]) -> None:
    """Kill what runs in the namespaces and remove them, with their links; missing ones are fine.

    Raises the first `CommandFailed`, after all were tried.
    """
    failures = []
    for name in names:
        try:
            _remove(name)
        except CommandFailed as failure:
            if (RUN / name).exists():  # else another supervisor was quicker
                failures.append(failure)
    if failures:
        raise failures[0]


def _remove(name: str) -> None:
    if (RUN / name).exists():
        for pid in run("ip", "netns", "pids", name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "delete", name)


@contextmanager
def inside(name: str) -> Iterator[None]:
    """What this thread creates meanwhile (sockets, reads of /proc/sys/net) is the namespace's.

    A socket stays in the namespace in which it was made. Nothing may be awaited inside.
    """
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        with (RUN / name).open("rb") as other:
            _enter(other.fileno())
        try:
            yield
        finally:
            _enter(own)
    finally:
        os.close(own)


def _enter(descriptor: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")
