"""The clock of a served internetwork: a person's pace, and standing time that passes for answers.

Nothing here knows what the time is needed for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from licensing.policies import DAY_NS, NS_PER_SECOND
from simulator.loop.pace import FAST, Pace
from simulator.loop.runner import current_loop

STEPS_NS = {
    "10 minutes": 600 * NS_PER_SECOND,
    "1 hour": 3600 * NS_PER_SECOND,
    "1 day": DAY_NS,
    "30 days": 30 * DAY_NS,
}
"""What a person lets pass at once."""
RATES = {
    "paused": 0.0,
    "real time": 1.0,
    "1 minute a second": 60.0,
    "1 hour a second": 3600.0,
    "1 day a second": 86_400.0,
}
"""Paces to choose from, as virtual seconds in each real one."""


class PersonClock:
    """The pace that a person has chosen, and time that passes although it stands.

    `played` is the last one at which time was seen to run.

    Raises `NotSimulated` where no virtual loop runs.
    """

    def __init__(self, pace: Pace) -> None:
        self._loop = current_loop()
        self._hurries = 0
        self._listeners: list[Callable[[], None]] = []
        self.played = Pace(RATES["1 minute a second"])
        self.chosen = pace

    def listen(self, listener: Callable[[], None]) -> None:
        """`listener` is called whenever time goes on at another pace."""
        self._listeners.append(listener)

    def tell(self) -> None:
        """Tell all listeners that there is something to see."""
        for listener in self._listeners:
            listener()

    @property
    def chosen(self) -> Pace:
        """The pace while nobody waits."""
        return self._chosen

    @chosen.setter
    def chosen(self, pace: Pace) -> None:
        self._chosen = pace
        self.played = pace if pace.rate else self.played
        self._apply()

    @property
    def rate(self) -> float:
        """The chosen pace as virtual seconds in each real one."""
        return self._chosen.rate or 0.0

    @property
    def is_hurrying(self) -> bool:
        """Whether time passes as fast as possible."""
        return self._hurries > 0

    @contextmanager
    def answering(self) -> Iterator[None]:
        """For the time of an answer, standing time goes to whatever the answer waits for."""
        if self._chosen.rate != 0:
            yield
            return
        with self.hurrying():
            yield

    @contextmanager
    def hurrying(self) -> Iterator[None]:
        """As fast as possible, for the time of the block."""
        self._hurries += 1
        self._apply()
        try:
            yield
        finally:
            self._hurries -= 1
            self._apply()

    def _apply(self) -> None:
        pace = FAST if self._hurries else self._chosen
        if self._loop.pace != pace:
            self._loop.pace = pace
            self.tell()
