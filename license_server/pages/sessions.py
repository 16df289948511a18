"""Who is signed in: sessions that live in the server's memory and end by themselves.

Pure: tokens and instants come in as arguments. A restart of the server ends all sessions, which
costs a customer one more sign-in and nothing that was entered.
"""

from licensing.policies import NS_PER_SECOND
from licensing.records import Record

IDLE_NS = 30 * 60 * NS_PER_SECOND
"""A session ends this long after its last request."""
LONGEST_NS = 12 * 3600 * NS_PER_SECOND
"""A session ends this long after the sign-in, whatever happens in it."""


class Session(Record):
    """A signed-in customer; forms carry the `csrf_token`, instants are of the running clock."""

    customer: str
    csrf_token: str
    began_ns: int
    used_ns: int

    def ended(self, now_ns: int) -> bool:
        """Whether it is over, by idleness or by age."""
        return now_ns >= self.used_ns + IDLE_NS or now_ns >= self.began_ns + LONGEST_NS


class Sessions:
    """All sessions, by the token that the browser keeps."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def begin(self, token: str, csrf_token: str, customer: str, now_ns: int) -> Session:
        """A new session; those that are over are forgotten."""
        self._sessions = {
            kept: session for kept, session in self._sessions.items() if not session.ended(now_ns)
        }
        session = Session(customer=customer, csrf_token=csrf_token, began_ns=now_ns, used_ns=now_ns)
        self._sessions[token] = session
        return session

    def use(self, token: str, now_ns: int) -> Session | None:
        """The session of a request, which goes on by it; None where there is none any more."""
        session = self._sessions.get(token)
        if session is None or session.ended(now_ns):
            return None
        self._sessions[token] = Session(
            customer=session.customer,
            csrf_token=session.csrf_token,
            began_ns=session.began_ns,
            used_ns=now_ns,
        )
        return session

    def end(self, token: str) -> None:
        """Sign out."""
        self._sessions.pop(token, None)
