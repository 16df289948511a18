"""O5: in an internetwork only the master's host talks to the Central License Server."""

from licensing.events import ConnectionOpened
from licensing.words import Role
from simulator.oracle.picture import Handlers, Picture
from simulator.scenario import INTERNET


class ServerContacts:
    """Who dials whom."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.handlers: Handlers = {ConnectionOpened: self._connection_opened}

    def _connection_opened(self, host: str, fact: ConnectionOpened) -> None:
        node = self._picture.nodes.get(host)
        if node and fact.to == INTERNET and node.role is Role.SLAVE:
            expected = f"no connection to {INTERNET} from a slave"
            raise self._picture.violation("O5", host, expected, f"one to port {fact.port}")
