"""Who is signed in: sessions that live in the server's memory and end by themselves.

Pure: tokens and instants come in as arguments. A restart of the server ends all sessions, which
costs a person one more sign-in and nothing that was entered.
"""

import msgspec

from licensing.policies import NS_PER_SECOND
from licensing.records import Record

IDLE_NS = 30 * 60 * NS_PER_SECOND
"""A session ends this long after its last request."""
LONGEST_NS = 12 * 3600 * NS_PER_SECOND
"""A session ends this long after the sign-in, whatever happens in it."""


class Session(Record):
    """Who is signed in; forms carry the `csrf_token`, instants are of the running clock."""

    user: str
    csrf_token: str
    began_ns: int
    used_ns: int


class Sessions:
    """All sessions, by the token that the browser keeps; each ends by idleness or by age."""

    def __init__(self, idle_ns: int = IDLE_NS, longest_ns: int = LONGEST_NS) -> None:
        self._idle_ns = idle_ns
        self.longest_ns = longest_ns
        self._sessions: dict[str, Session] = {}

    def begin(self, token: str, csrf_token: str, user: str, now_ns: int) -> Session:
        """A new session; those that are over are forgotten."""
        self._sessions = {
            kept: session
            for kept, session in self._sessions.items()
            if not self._ended(session, now_ns)
        }
        session = Session(user=user, csrf_token=csrf_token, began_ns=now_ns, used_ns=now_ns)
        self._sessions[token] = session
        return session

    def lasts(self, token: str, now_ns: int) -> bool:
        """Whether a session is not over; asking is no use of it."""
        session = self._sessions.get(token)
        return session is not None and not self._ended(session, now_ns)

    def may_watch(self, token: str, now_ns: int) -> bool:
        """Whether an open page may go on to show news: idle or not, but signed in."""
        session = self._sessions.get(token)
        return session is not None and now_ns < session.began_ns + self.longest_ns

    def use(self, token: str, now_ns: int) -> Session | None:
        """The session of a request, which goes on by it; None where there is none any more."""
        if not self.lasts(token, now_ns):
            return None
        session = msgspec.structs.replace(self._sessions[token], used_ns=now_ns)
        self._sessions[token] = session
        return session

    def end(self, token: str) -> None:
        """Sign out."""
        self._sessions.pop(token, None)

    def _ended(self, session: Session, now_ns: int) -> bool:
        idle_ns, age_ns = now_ns - session.used_ns, now_ns - session.began_ns
        return idle_ns >= self._idle_ns or age_ns >= self.longest_ns
