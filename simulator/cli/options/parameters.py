"""What commands take: files, switches, seeds, and how each is written."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter, Token

from simulator.cli.wrong_call import STANDARD_OUTPUT, WrongCall


def _whole(_: object, tokens: Sequence[Token]) -> int:
    said = tokens[0].value
    if not (said.isascii() and said.removeprefix("-").isdecimal()):
        raise ValueError(f"{said!r} is not a whole number, written in digits")
    return int(said)


def _of_seeds(_: object, seed: int | None) -> None:
    if seed is None:  # cyclopts judges otherwise once pydantic is loaded (findings/)
        return
    from simulator.scenario.values import LARGEST_COUNT  # noqa: PLC0415 - loads all values

    if not 0 <= seed <= LARGEST_COUNT:
        raise WrongCall(f"a seed is a whole number from 0 to {LARGEST_COUNT:,}")


def _positive(_: object, jobs: int) -> None:
    if jobs < 1:
        raise WrongCall("--jobs is at least 1")


_FILE = Parameter(name="FILE", negative=())
File = Annotated[Path, _FILE]
Files = Annotated[list[Path], _FILE]
IncludeFrom = Annotated[
    tuple[Path, ...],
    Parameter(
        negative=(),
        show_default=False,
        help="Another folder than its own from which a scenario may include files; as often as "
        "there are such folders.",
    ),
]
Clients = Annotated[
    tuple[str, ...],
    Parameter(
        name="--client",
        negative=(),
        show_default=False,
        help="A program of your own in the place of a node, NODE=FILE, or of all slaves, FILE: see "
        "docs/api.md. As often as there are such programs.",
    ),
]
OptionalFiles = Annotated[tuple[Path, ...], _FILE, Parameter(show_default=False)]
Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number. As a mere `int` cyclopts takes 2.5 for 2, and 0x10 for 16."""

Seed = Annotated[Whole | None, Parameter(validator=_of_seeds)]
Jobs = Annotated[Whole, Parameter(validator=_positive)]
FileOrOutput = Annotated[Path | None, Parameter(allow_leading_hyphen=True)]
OutputFile = Annotated[Path | None, Parameter(allow_leading_hyphen=False)]
Switch = Annotated[bool, Parameter(negative=())]
Job: TypeAlias = Callable[[], int]
"""What a command does once everything is loaded; returns the exit status."""


def require_file(journal: Path | None) -> None:
    """Raise `WrongCall` where a journal has the form of an option."""
    if journal is not None and journal != STANDARD_OUTPUT and str(journal).startswith("-"):
        raise WrongCall(f"--journal takes a file, not {journal}")
