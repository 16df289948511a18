"""The scenarios that a call names, by their files or by the names of those that are shipped."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from licensing.words import Role
from simulator.cli.shipped_scenarios import NoSuchScenario, scenario_file
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.scenario import (
    NO_CLIENTS,
    Folders,
    OwnClients,
    Scenario,
    ScenarioError,
    load_scenario,
    meant,
    parse_scenario,
    scenario_text,
    warnings_of,
)

_NAME_OF_INPUT = "standard input"


class Called(msgspec.Struct, frozen=True):
    """What a call names: files, `-` for the standard input, or names of shipped scenarios.

    They may include files below their own folder, and below those of `include_from`. `clients` are
    played in the place of their nodes.
    """

    files: Sequence[Path]
    include_from: Sequence[Path] = ()
    clients: OwnClients = NO_CLIENTS

    @property
    def has_folders(self) -> bool:
        """Whether any of them is a folder."""
        return any(map(_is_folder, self.files))

    def with_folders(self) -> "Called":
        """The same, in place of each folder the scenario files in it. Raises `WrongCall`."""
        files: list[Path] = []
        for named in self.files:
            inside = sorted(named.glob("*.yaml")) if _is_folder(named) else [named]
            if not inside:
                raise WrongCall(f"{named}: there is no scenario in this folder, no *.yaml file")
            files += inside
        return replace(self, files=files)


def _is_folder(named: Path) -> bool:
    try:
        return named.is_dir()
    except OSError:  # whoever opens it says what is wrong with it
        return False


def load(called: Called) -> list[tuple[Path, Scenario]]:
    """Read all files, or raise `WrongCall` with the problems of all of them.

    Of several scenarios those in which a client has no place are left out, which is said.
    """
    if list(called.files).count(STANDARD_INPUT) > 1:
        raise WrongCall("the standard input is one scenario: name - once")
    for folder in called.include_from:
        if not folder.is_dir():
            raise WrongCall(f"--include-from {folder}: there is no such folder")
    loaded, placeless, problems = [], [], []
    for named in called.files:
        try:
            path, scenario = _loaded(named, called.include_from)
            loaded.append((path, with_clients(path, scenario, called.clients)))
        except (ScenarioError, NoSuchScenario) as error:
            problems.append(str(error))
        except NoPlace as error:
            placeless.append(f"{error}\n")
    if problems:
        raise WrongCall("\n".join(problems))
    if placeless and not loaded:
        raise WrongCall(placeless[0].rstrip())
    sys.stderr.writelines(f"left out: {each}" for each in placeless)
    return loaded


class NoPlace(Exception):
    """A scenario has no node for a client; the message says which, and what may be meant."""


def with_clients(path: Path, scenario: Scenario, clients: OwnClients) -> Scenario:
    """The scenario with the clients in their places; raises `NoPlace`."""
    nodes = scenario.internetwork.nodes
    for name, client in clients.by_node.items():
        if name not in nodes:
            said = f"--client {name}={client.path}"
            raise NoPlace(f"{said}: {path} has no node {name}{meant(name, list(nodes))}")
    placed = scenario.with_clients(clients)
    if clients.of_slaves and not placed.clients.keys() - clients.by_node.keys():
        played = any(node.role is Role.SLAVE for node in nodes.values())
        why = "a client for each of its slaves" if played else "no slave; say NODE=FILE"
        raise NoPlace(f"--client {clients.of_slaves.path}: {path} has {why}")
    return placed


def _loaded(named: Path, include_from: Sequence[Path]) -> tuple[Path, Scenario]:
    if named != STANDARD_INPUT:
        path = scenario_file(named)
        return path, load_scenario(path, include_from)
    text = scenario_text(sys.stdin.buffer, Path(_NAME_OF_INPUT))
    folders = Folders(Path(), tuple(include_from))
    return named, parse_scenario(text, _NAME_OF_INPUT, folders)


def sources_of(loaded: Iterable[tuple[Path, Scenario]]) -> list[Path]:
    """All files from which the scenarios were read, and those of clients in them."""
    files: list[Path] = []
    for _, scenario in loaded:
        sources = scenario.document.sources if scenario.document else ()
        files += [Path(source.name) for source in sources]
        files += [Path(client.path) for client in scenario.clients.values()]
    return files


def warn(scenario: Scenario) -> None:
    """Say before a run, on the standard error, what `check` warns of."""
    from simulator.report.warnings import warning_texts  # noqa: PLC0415 - a verdict needs none

    for text in warning_texts(warnings_of(scenario), scenario.internetwork):
        sys.stderr.write(f"warning: {text}\n")
