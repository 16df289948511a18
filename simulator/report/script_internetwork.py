"""The internetwork of a script, which can be asked why something is so."""

from typing import Self

from licensing.events import Entry
from simulator.report.explain.answers import Question, answer
from simulator.report.explain.causes import Causes
from simulator.report.explain.reason import reason_rows
from simulator.report.page import Calendar, Layout
from simulator.runs.internetwork import Internetwork as PlayedInternetwork


class Internetwork(PlayedInternetwork):
    """As it is played, with all causes kept."""

    async def __aenter__(self) -> Self:
        """Keep the causes from the first fact on."""
        self._causes = Causes()
        self._read_ns = 0
        self.journal.add_reader(self._read)
        return await super().__aenter__()

    def explain(
        self,
        *,
        node: str = "",
        display: str = "",
        call: str = "",
        license_: str = "",
        free: str = "",
        reserved: str = "",
        over_use: str = "",
        refusal: bool = False,
    ) -> str:
        """Why something is so now, in words; one thing is asked, as `Question` says.

        Raises `NothingToExplain` where it is not so.
        """
        question = Question(node, display, call, license_, free, reserved, over_use, refusal)
        reasons = answer(self._causes.book, question, self._read_ns)
        layout = Layout(Calendar(self.scenario.start))
        return "\n".join(row.text for reason in reasons for row in reason_rows(reason, layout))

    def _read(self, entry: Entry) -> None:
        self._read_ns = entry.at
        self._causes(entry)
