"""A node's session, as the agent sees it; what it is made of is in `master_cla.sessions`."""

from typing import Protocol

from licensing.errors import LicensingError
from licensing.messages import FromAgent


class Peer(Protocol):
    """A session, as the agent sees it; nothing here waits."""

    address: str
    """From where the node has dialed."""

    def push(self, message: FromAgent) -> None:
        """Send `message`, without waiting for it."""

    def dismiss(self, error: LicensingError) -> None:
        """End the session with a refusal."""

    def drop(self) -> None:
        """End the session without a word: its node has another one or is gone."""
