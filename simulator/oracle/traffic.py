"""O5: of the internetwork's hosts only the master's talks to the Central License Server."""

from licensing.events import ConnectionOpened
from simulator.oracle.picture import Handlers, Picture
from simulator.scenario import INTERNET


class Traffic:
    """Who dials whom."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.handlers: Handlers = {ConnectionOpened: self._connection_opened}

    def _connection_opened(self, host: str, fact: ConnectionOpened) -> None:
        if fact.to == INTERNET and host in self._picture.nodes and host != self._picture.master:
            expected = f"connections to {INTERNET} from {self._picture.master} only"
            raise self._picture.violation("O5", host, expected, f"one to port {fact.port}")
