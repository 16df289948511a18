"""Runs the suite again and again beside two busy loops: `make flaky-check RUNS=10`.

Every second run begins with the last test: no test may need what another one has left behind.
One line for each run is kept in `.flaky-check/runs`, with the commit; what a failed run said stands
beside it. Whoever stops it and starts it again goes on with the next run of the same commit.
"""

import hashlib
import os
import subprocess
import sys
import time  # noqa: TID251 - measures how long a run of the suite takes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".flaky-check"
BUSY_LOOPS = 2
STOPPED = 130
BUSY = [sys.executable, "-c", "while True: pass"]


def main(runs: str, *suite: str) -> int:
    """Run `suite` until this commit has so many runs; 1 where one has failed, 130 after Ctrl-C."""
    try:
        return _check(int(runs), suite)
    except KeyboardInterrupt:
        print("stopped; the same command begins this run again, and goes on from there")
        return STOPPED


def _check(runs: int, suite: Sequence[str]) -> int:
    commit = _commit()
    KEPT.mkdir(exist_ok=True)
    log = KEPT / "runs"
    log.touch()
    with _busy():
        for number in range(len(_lines(log, commit)) + 1, runs + 1):
            line = _run(suite, commit, number)
            print(line, flush=True)
            with log.open("a") as kept:
                kept.write(f"{line}\n")
    failed = [line for line in _lines(log, commit) if " failed " in line]
    print(f"{commit}: {len(failed)} of {len(_lines(log, commit))} runs failed")
    return 1 if failed else 0


def _run(suite: Sequence[str], commit: str, number: int) -> str:
    began = time.monotonic()
    output = KEPT / f"{commit}-{number}"
    with output.open("wb") as said:
        status = subprocess.run(
            suite, cwd=ROOT, env=_order(number), stdout=said, stderr=said, check=False
        ).returncode
    if status == 0:
        output.unlink()
    outcome = "failed" if status else "passed"
    return f"{commit} run {number} {outcome} {time.monotonic() - began:.0f} s"


def _order(number: int) -> dict[str, str]:
    return os.environ | {"INTERNETSIM_BACKWARDS": "" if number % 2 else "1"}


def _lines(log: Path, commit: str) -> list[str]:
    return [line for line in log.read_text().splitlines() if line.startswith(f"{commit} ")]


def _commit() -> str:
    """What is run: the commit, and where something differs from it by what, too."""
    commit = _git("rev-parse", "--short", "HEAD").strip()
    others = _git("ls-files", "--others", "--exclude-standard", "-z").split("\0")[:-1]
    differs = _git("diff", "HEAD", "--binary") + "".join(others)
    if not differs:
        return commit
    files = [(ROOT / other).read_bytes() for other in others]
    content = [differs.encode(errors="surrogateescape"), *files]
    digest = hashlib.sha256(b"\0".join(content)).hexdigest()
    return f"{commit}-dirty-{digest[:8]}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="surrogateescape", check=False
    )
    if done.returncode:
        sys.exit(f"runs are counted by commit, and Git knows none here: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _busy() -> Iterator[list[subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        loops = [stack.enter_context(_loop()) for _ in range(BUSY_LOOPS)]
        for loop in loops:
            stack.callback(loop.kill)
        yield loops


def _loop() -> subprocess.Popen[bytes]:
    return subprocess.Popen(BUSY, stderr=subprocess.DEVNULL)  # Ctrl-C is not its matter


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
