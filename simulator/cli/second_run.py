"""Scenarios played a second time, by one fresh process that writes their journals.

`python -m simulator.cli.second_run SEED FOLDERS CLIENTS FILE...` is that process; without a seed
(`-`) each scenario is played with its own. Included files may lie in the folders, as in a search
path; clients stand there as in the options, a line each.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from licensing.events import Entry
from runtime.journal import encode_entry
from simulator.cli.determinism import END_OF_JOURNAL, FreshRun, other_hash_seed
from simulator.cli.options.clients import own_clients
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.runs.play import STOPPED, play
from simulator.scenario import NO_CLIENTS, OwnClients, Scenario, load_scenario

OWN_SEED = "-"


def second_run(
    files: Sequence[Path],
    seed: int | None,
    include_from: Sequence[Path] = (),
    clients: OwnClients = NO_CLIENTS,
) -> FreshRun:
    """The process that plays the scenarios again, with another PYTHONHASHSEED than here.

    Raises `WrongCall` where one can be read but once.
    """
    if STANDARD_INPUT in files:
        raise WrongCall("--verify-determinism reads the scenario twice: name a file in place of -")
    asked = OWN_SEED if seed is None else str(seed)
    folders = os.pathsep.join(map(str, include_from))
    beside = [folders, "\n".join(clients.words)]
    command = [sys.executable, "-P", "-m", __name__, asked, *beside, *map(str, files)]
    return FreshRun(command, other_hash_seed(), accepted=(0,))


def main(seed: str, folders: str, clients: str, *files: str) -> None:
    """Play all files, and write their journals to the standard output."""
    include_from = [Path(folder) for folder in folders.split(os.pathsep) if folder]
    own = own_clients(clients.splitlines())
    for file in files:
        scenario = load_scenario(Path(file), include_from).with_clients(own)
        _write_journal(scenario, None if seed == OWN_SEED else int(seed))
        sys.stdout.buffer.write(END_OF_JOURNAL)


def _write_journal(scenario: Scenario, seed: int | None) -> None:
    """Where the run is stopped, its last line says so: the first run does not have that line."""
    try:
        play(scenario, seed=seed, readers=[_write])
    except STOPPED as error:
        reason = " ".join(str(error).split())
        sys.stdout.buffer.write(f"stopped by {type(error).__name__}: {reason}\n".encode())


def _write(entry: Entry) -> None:
    sys.stdout.buffer.write(encode_entry(entry) + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
