"""Files that a command writes: what stands in their way is said in one line, before a run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from simulator.cli.wrong_call import STANDARD_OUTPUT, WrongCall


def spare(option: str, what: str, path: Path | None, read: Sequence[Path]) -> None:
    """Raise `WrongCall` where `path` would overwrite what is read, by whatever name.

    Also where it cannot even be looked for, because then it cannot be written either.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    with complaining(what, path):
        overwritten = path.exists() and any(path.samefile(each) for each in read if each.exists())
    if overwritten:
        raise WrongCall(f"{option} {path} would overwrite the scenario")


@contextmanager
def complaining(what: str, path: object) -> Iterator[None]:
    """Raise `WrongCall`, one line, where `what` cannot be written; a reader may have gone."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WrongCall(f"{what} {path} cannot be written: {error.strerror}") from error
