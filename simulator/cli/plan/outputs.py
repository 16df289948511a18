"""The files that a plan leaves behind: its page, and its tables for other tools."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from simulator.cli.options.journal import screen_beside
from simulator.cli.options.written_files import WrittenFile, spare_all
from simulator.cli.wrong_call import WrongCall
from simulator.report.screen import Screen
from simulator.spread import NoWorkers


class PlanOutputs(msgspec.Struct, frozen=True):
    """The files that were asked for; None is one that was not."""

    html: Path | None = None
    json: Path | None = None
    csv: Path | None = None
    junit: Path | None = None
    worst_year: Path | None = None

    @property
    def screen(self) -> Screen:
        """Where everything else is shown."""
        return screen_beside(*(path for *_, path in self._files()))

    def spare(self, scenarios: Sequence[Path]) -> None:
        """Raise `WrongCall` where a file would overwrite a scenario, or another one of these."""
        files = ((f"--{name}", f"the {what}", path) for name, what, path in self._files())
        spare_all(files, scenarios)

    @contextmanager
    def written(self, contents: Mapping[str, Callable[[], bytes]]) -> Iterator[None]:
        """Open the files at once, and write to each what `contents` has by its option at the end.

        After Ctrl-C, and where nobody reads the screen any more, that is what is known so far.
        Raises `WrongCall` where one cannot be written, and that before anything is drawn.
        """
        with ExitStack() as files:
            opened = {
                name: files.enter_context(WrittenFile(f"the {what}", path))
                for name, what, path in self._files()
                if path is not None
            }
            try:
                yield
            except (KeyboardInterrupt, BrokenPipeError):
                _write(opened, contents)
                raise
            _write(opened, contents)

    def _files(self) -> Iterator[tuple[str, str, Path | None]]:
        yield "html", "page", self.html
        yield "json", "table", self.json
        yield "csv", "table", self.csv
        yield "junit", "report", self.junit
        yield "worst-year", "scenario", self.worst_year


@contextmanager
def shown(show: Callable[[], None]) -> Iterator[None]:
    """What is known is shown in the end, after Ctrl-C, too.

    Raises `WrongCall` where nobody works.
    """
    try:
        yield
    except NoWorkers as error:
        raise WrongCall(str(error)) from error
    except KeyboardInterrupt:
        show()
        raise
    show()


def _write(opened: Mapping[str, WrittenFile], contents: Mapping[str, Callable[[], bytes]]) -> None:
    for name, stream in opened.items():
        stream.write(contents[name]())
