"""The scenarios that come with the product: in a wheel beside this module, else in a checkout."""

from pathlib import Path

from simulator.scenario.diagnostics import nearest

_HERE = Path(__file__).resolve()
_INSTALLED = _HERE.with_name("scenarios")
DIRECTORY = _INSTALLED if _INSTALLED.is_dir() else _HERE.parents[2] / "scenarios"


class NoSuchScenario(Exception):
    """A bare name that is neither a file nor a shipped scenario's; the message says what is."""


def shipped() -> list[Path]:
    """The scenario files, by name."""
    return sorted(_shown(path) for path in DIRECTORY.glob("*.yaml"))


def scenario_file(named: Path) -> Path:
    """The file that a person means by a path, or by the bare name of a shipped scenario.

    Raises `NoSuchScenario`; a path that does not exist is left to whoever opens it.
    """
    if named.suffix or named.parent != Path() or _is_there(named):
        return named
    known = {path.stem: path for path in shipped()}
    if named.name in known:
        return known[named.name]
    close = nearest(named.name, [*known])
    guess = f"; did you mean {close}?" if close else ""
    hint = "    `internetsim scenarios` lists those that come with it"
    raise NoSuchScenario(f"{named}: there is no such file or scenario{guess}\n{hint}")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a directory that may not be read
        return False


def _shown(path: Path) -> Path:
    """As short as the working directory allows."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
