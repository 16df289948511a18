"""What a run leaves behind besides what it shows: the options that name a file to write."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from simulator.cli.named_scenarios import sources_of
from simulator.cli.options.journal import screen_beside, writers
from simulator.cli.options.written_files import spare_all
from simulator.cli.show import Invocation, Player
from simulator.cli.wrong_call import WrongCall
from simulator.report.screen import Screen
from simulator.runs.play import play
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader

if TYPE_CHECKING:
    from simulator.cli.options.exports import Between
    from simulator.report.exports.outcome import RunOutcome


class Outputs(msgspec.Struct, frozen=True):
    """The files that were asked for; None is one that was not."""

    journal: Path | None = None
    html: Path | None = None
    perfetto: Path | None = None
    mermaid: Path | None = None
    between: "Between | None" = None
    json: Path | None = None
    junit: Path | None = None
    pcap: Path | None = None
    pcap_of: str | None = None

    def require_one_run(self, runs: int) -> None:
        """Raise `WrongCall` where one file would have to hold several runs."""
        for option, what, path in self._files_of_a_run():
            if path is not None and runs > 1:
                raise WrongCall(f"one {what} holds one run: name one scenario with {option}")

    def require_sense(self, loaded: Sequence[tuple[Path, Scenario]]) -> None:
        """Raise `WrongCall` where a file cannot be written as it was asked for; touch none.

        It would overwrite a scenario, or another one of these, or its place or time is nowhere.
        """
        files = ((option, f"the {what}", path) for option, what, path in self._files())
        spare_all(files, sources_of(loaded))
        for _, scenario in loaded:
            if self.pcap_of is not None:
                from simulator.cli.options.capture import require_place  # noqa: PLC0415 - as below

                require_place(self.pcap, self.pcap_of, scenario)
            if self.between is not None:
                from simulator.cli.options.exports import require_time  # noqa: PLC0415 - as below

                require_time(self.mermaid, self.between, scenario)

    def _files(self) -> Iterator[tuple[str, str, Path | None]]:
        yield from self._files_of_a_run()
        yield "--junit", "report", self.junit

    def _files_of_a_run(self) -> Iterator[tuple[str, str, Path | None]]:
        yield "--journal", "journal", self.journal
        yield "--html", "page", self.html
        yield "--perfetto", "trace", self.perfetto
        yield "--mermaid", "diagram", self.mermaid
        yield "--json", "result", self.json
        yield "--pcap", "capture", self.pcap

    @property
    def screen(self) -> Screen:
        """Where everything else is shown."""
        return screen_beside(*(path for *_, path in self._files()))

    def of_all(self) -> "AbstractContextManager[list[RunOutcome] | None]":
        """Where the outcomes of all runs are kept, for the one file that has them all."""
        if self.junit is None:
            return nullcontext()
        from simulator.cli.options.outcomes import with_junit  # noqa: PLC0415 - only if asked for

        return with_junit(self.junit)

    def captured(self, scenario: Scenario) -> AbstractContextManager[Player]:
        """What plays it, with the wire in a file where that was asked for; raises `WrongCall`."""
        if self.pcap is None:
            return nullcontext(play)
        from simulator.cli.options.capture import captured  # noqa: PLC0415 - only if asked for

        return captured(self.pcap, self.pcap_of, scenario)

    @contextmanager
    def of(
        self,
        play: Player,
        invocation: Invocation,
        scenario: Scenario,
        kept: "list[RunOutcome] | None" = None,
    ) -> Iterator[tuple[Player, list[Reader]]]:
        """What plays as `play` does, and the readers that write; raises `WrongCall`."""
        with ExitStack() as files:
            readers = [*files.enter_context(writers(self.journal))]
            readers += files.enter_context(self._exported(scenario))
            if self.html is not None:
                from simulator.cli.options.page import with_page  # noqa: PLC0415 - as above

                play = files.enter_context(with_page(self.html, play, invocation))
            if self.json is not None or kept is not None:
                from simulator.cli.options.outcomes import with_outcome  # noqa: PLC0415 - as above

                play = files.enter_context(with_outcome(self.json, kept, play, invocation))
            yield play, readers

    @contextmanager
    def _exported(self, scenario: Scenario) -> Iterator[list[Reader]]:
        if self.perfetto is None and self.mermaid is None:
            yield []
            return
        from simulator.cli.options.exports import mermaid, perfetto  # noqa: PLC0415 - as above

        with (
            perfetto(self.perfetto) as trace,
            mermaid(self.mermaid, self.between, scenario) as sequence,
        ):
            yield [*trace, *sequence]
