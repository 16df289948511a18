"""Results of comparisons that are kept, so that a series of them goes on where it was interrupted.

A line for each scenario, network and commit. A result counts for as long as the programs and the
scenario are what they were, whatever else has changed since; only sameness counts, for what was
different or is not proven may be so again.
"""

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from internetsim.own_packages import HOME, OF_THE_PROGRAMS
from licensing.records import UNREADABLE, Record
from simulator.cli.wrong_call import WrongCall
from simulator.scenario import Scenario


class KeptResult(Record, kw_only=True):
    """What came of a comparison; `played` is a digest of the programs and the scenario."""

    scenario: str
    network: str
    commit: str
    outcome: str
    played: str


class KeptResults:
    """The results in a file, which is made with the first of them; raises `WrongCall`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._programs = _digest(_sources())
        self._commit = _commit()
        try:
            lines = file.read_bytes() if file.exists() else b""
            self._results = msgspec.json.Decoder(KeptResult).decode_lines(lines)
        except (OSError, *UNREADABLE) as error:
            raise WrongCall(f"{file}: these are no results of comparisons: {error}") from error

    def add(self, path: Path, scenario: Scenario, network: str, outcome: str) -> None:
        """Keep a result of the present programs."""
        result = KeptResult(
            scenario=path.stem,
            network=network,
            commit=self._commit,
            outcome=outcome,
            played=self._played(scenario),
        )
        self._results.append(result)
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")

    def of(self, path: Path, scenario: Scenario, network: str) -> KeptResult | None:
        """The newest result of the present programs; None where there is none."""
        played = self._played(scenario)
        kept = (
            result
            for result in reversed(self._results)
            if (result.scenario, result.network) == (path.stem, network) and result.played == played
        )
        return next(kept, None)

    def _played(self, scenario: Scenario) -> str:
        """Of the programs, and of all files that the scenario was read from."""
        digest = hashlib.sha256(self._programs.encode())
        for source in scenario.document.sources if scenario.document else ():
            digest.update("\n".join(source.lines).encode())
        return digest.hexdigest()[:16]


def _sources() -> list[Path]:
    files = (path for name in OF_THE_PROGRAMS for path in (HOME / name).rglob("*"))
    return sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(HOME)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _commit() -> str:
    """What git calls the present state; "" outside of a checkout."""
    describe = ["git", "-C", str(HOME), "describe", "--always", "--dirty"]
    try:
        told = subprocess.run(describe, capture_output=True, check=True, text=True)  # noqa: S603 - no shell
    except (OSError, subprocess.CalledProcessError):
        return ""
    return told.stdout.strip()
