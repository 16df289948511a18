"""Pages behind a sign-in, as routes: sessions, their cookie, bad requests, unknown addresses.

Nothing is done without a session and the token of its own form; what was entered is never lost
over a session that has ended. What a page shows and does is its program's business.
"""

import asyncio
import base64
import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, NamedTuple
from urllib.parse import quote, urlsplit

from aiohttp import web

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from runtime.host import Host
from runtime.known_addresses import KnownAddresses
from runtime.pages.entries import Entries, read_entries
from runtime.pages.rendering import Rendering, see_other
from runtime.pages.sessions import Session, Sessions
from runtime.passwords import LONGEST_ACCOUNT_NAME, LONGEST_PASSWORD, SignInGate


class Link(NamedTuple):
    """Where a notice leads to."""

    text: str
    path: str


class Notice(NamedTuple):
    """What a page says of what was done; a `warning` where that is not what was asked for.

    `items` say what became of single things, to be shown beside them, by names that the page knows.
    """

    text: str
    warning: bool = False
    links: Sequence[Link] = ()
    items: Mapping[tuple[str, str], str] = MappingProxyType({})


class Fault(NamedTuple):
    """The field of a form that was refused, "" where it is none, and why."""

    field: str = ""
    reason: str = ""


SESSION_ENDED = Notice(
    "Your session has ended, and nothing has been done yet. "
    "Sign in again: what you entered is kept.",
    warning=True,
)
SIGNED_IN_AGAIN = Notice("You are signed in again. Look at your entries, then send them.")
FORM_TOO_OLD = Notice(
    "This form is from an earlier session. Look at your entries, then send them again.",
    warning=True,
)

REFUSAL_DELAY_S = 1.0
"""An attempt too many is answered after so long: whoever asks without end asks seldom then."""

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]
SignedInPage = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]


class SignInSite(ABC):
    """The pages of one program. Its templates are `sign_in.html`, `problem.html`, and its own."""

    cookie: ClassVar[str]
    own_path: ClassVar[re.Pattern[str]]
    """Where a sign-in may lead to."""

    def __init__(
        self,
        host: Host,
        rendering: Rendering,
        known: KnownAddresses,
        sessions: Sessions | None = None,
    ) -> None:
        self._host = host
        self._rendering = rendering
        self._sessions = sessions or Sessions()
        self._gate = SignInGate()
        self._known = known

    @abstractmethod
    async def _password_is(self, name: str, password: str, *, known: bool) -> bool:
        """Whether `password` is that of the account `name`; see `password_checks` for `known`."""

    @abstractmethod
    async def _resume(
        self, path: str, session: Session, kept: Entries
    ) -> web.StreamResponse | None:
        """The form at `path` with what was entered before the sign-in, None where there is none."""

    def _account_routes(self) -> list[web.RouteDef]:
        """Signing in and out, and unknown addresses: to come last."""
        return [
            web.get("/sign-in", self._answering(self._sign_in_form)),
            web.post("/sign-in", self._answering(self._sign_in)),
            web.post("/sign-out", self._answering(self._sign_out)),
            web.get("/style.css", self._rendering.asset),
            web.get("/icon.svg", self._rendering.asset),
            web.route("*", "/{unknown:.*}", self._unknown),
        ]

    # What pages are made with.

    def _page(
        self, template: str, session: Session | None, *, status: int = 200, **shown: object
    ) -> web.Response:
        return self._rendering.page(template, status=status, session=session, **shown)

    def _sign_in_page(self, status: int, *, path: str, **shown: object) -> web.Response:
        blank = {"problem": None, "notice": None, "name": "", "entries": Entries()}
        return self._page("sign_in.html", None, status=status, path=path, **(blank | shown))

    def _signed_in(self, page: SignedInPage) -> Page:
        async def answer(request: web.Request) -> web.StreamResponse:
            session = self._session(request)
            if session is None:
                return see_other(f"/sign-in?next={quote(request.path)}")
            return await page(request, session)

        return self._answering(answer)

    def _answering(self, page: Page) -> Page:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                require_own_origin(request)
                return await page(request)
            except LicensingError as problem:
                return await self._problem_page(self._session(request), problem)

        return answer

    async def _problem_page(
        self, session: Session | None, problem: LicensingError | None
    ) -> web.Response:
        """What did not work, or that nothing is at this address."""
        status = problem.kind.status if problem else 404
        return self._page("problem.html", session, problem=problem, status=status)

    def _session(self, request: web.Request) -> Session | None:
        return self._sessions.use(request.cookies.get(self.cookie, ""), self._now_ns)

    @property
    def _now_ns(self) -> int:
        return self._host.clock.monotonic_ns()

    # Signing in and out.

    async def _sign_in_form(self, request: web.Request) -> web.StreamResponse:
        return self._sign_in_page(200, path=request.query.get("next", "/"))

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        entries = await read_entries(request)
        name, path = entries.one("name").strip()[:LONGEST_ACCOUNT_NAME], entries.one("next")
        kept = entries.kept()
        try:
            await self._require_password(name, entries.one("password"), request.remote or "")
        except LicensingError as refusal:
            if refusal.code == "sign-in-too-often":
                await asyncio.sleep(REFUSAL_DELAY_S)
            return self._sign_in_page(
                refusal.kind.status, problem=refusal, path=path, name=name, entries=kept
            )
        token, csrf_token = self._token(), self._token()
        session = self._sessions.begin(token, csrf_token, name, self._now_ns)
        response = await self._resume(path, session, kept) if kept else None
        response = response or see_other(path if self.own_path.fullmatch(path) else "/")
        self._set_cookie(response, token)
        return response

    async def _sign_out(self, request: web.Request) -> web.StreamResponse:
        entries = await read_entries(request)
        session = self._session(request)
        if session and is_token_of(session, entries.one("csrf_token")):
            self._sessions.end(request.cookies[self.cookie])
        response = see_other("/sign-in")
        response.del_cookie(self.cookie)
        return response

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        allowed = await _methods_of_others(request)
        refusal = web.HTTPMethodNotAllowed(request.method, allowed) if allowed else None
        if "text/html" not in request.headers.get("Accept", ""):
            raise refusal or web.HTTPNotFound
        page = await self._problem_page(self._session(request), None)
        return _as_refused(page, refusal) if refusal else page

    async def _require_password(self, name: str, password: str, address: str) -> None:
        known = self._known.has(name, address)
        with self._gate.attempt(name, address, self._now_ns, known=known) as succeeded:
            if len(password) > LONGEST_PASSWORD or not await self._password_is(
                name, password, known=known
            ):
                raise LicensingError("sign-in-refused")
            succeeded()
        self._known.add(name, address)

    def _set_cookie(self, response: web.StreamResponse, token: str) -> None:
        response.set_cookie(
            self.cookie,
            token,
            max_age=self._sessions.longest_ns // NS_PER_SECOND,
            httponly=True,
            samesite="Lax",
            secure=self._host.tls is not None,
        )

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._host.dice.token(24)).decode()


async def _methods_of_others(request: web.Request) -> set[str]:
    """The methods with which something answers at the address, for a request that went astray."""
    astray = request.match_info.route.resource
    resources = dict.fromkeys(route.resource for route in request.app.router.routes())
    others = [each for each in resources if each is not None and each is not astray]
    return {method for each in others for method in (await each.resolve(request))[1]}


def _as_refused(page: web.StreamResponse, refusal: web.HTTPMethodNotAllowed) -> web.StreamResponse:
    """The page for whoever comes to the address of a form from a bookmark or the address bar."""
    page.set_status(refusal.status)
    page.headers["Allow"] = ", ".join(sorted(refusal.allowed_methods))
    return page


def is_token_of(session: Session, token: str) -> bool:
    """Whether a form with this token is one of the session's own."""
    return hmac.compare_digest(token.encode(), session.csrf_token.encode())


def require_own_origin(request: web.Request) -> None:
    """Refuse a form of somebody else's page; browsers name the origin, scripts need not."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        raise LicensingError("request-malformed", reason="it was sent from another site's page")
