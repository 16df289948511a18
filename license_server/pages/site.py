"""The pages as routes: who is signed in, which page answers, what happens to bad requests.

Nothing is done without a session and the token of its own form; what was entered is never lost
over a session that has ended. Licenses are dealt with in `license_server.operations` alone.
"""

import base64
import hmac
import re
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote, urlsplit

from aiohttp import web

from license_server.customers import LONGEST_PASSWORD, SignInGate
from license_server.issuing import LONGEST_NAME
from license_server.operations import LicenseServer
from license_server.pages.entries import Entries, read_entries
from license_server.pages.forms import (
    FORMS,
    Form,
    documents_to_choose,
    field_at_fault,
    prefill,
    take_documents,
)
from license_server.pages.rendering import Rendering, see_other
from license_server.pages.sessions import LONGEST_NS, Session, Sessions
from licensing.errors import LicensingError
from licensing.identifiers import parse_locking_id
from licensing.license_file import LicenseFile
from licensing.policies import NS_PER_SECOND
from runtime.host import Host

COOKIE = "cls-session"
_OWN_PATH = re.compile(r"/([a-z-]*|license-files/[0-9A-Z-]+)")
_SESSION_ENDED = (
    "Your session has ended, and nothing has been done yet. "
    "Sign in again: what you entered is kept."
)
_SIGNED_IN_AGAIN = "You are signed in again. Look at your entries, then send them."
_FORM_TOO_OLD = "This form is from an earlier session. Look at your entries, then send them again."

Page = Callable[[web.Request], Awaitable[web.Response]]
SignedInPage = Callable[[web.Request, Session], Awaitable[web.Response]]


class Site:
    """The pages of one license server."""

    def __init__(self, host: Host, server: LicenseServer) -> None:
        self._host = host
        self._server = server
        self._sessions = Sessions()
        self._gate = SignInGate()
        self._rendering = Rendering()

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the pages, the one for unknown addresses last."""
        forms = [
            route
            for form in FORMS.values()
            for route in (
                web.get(form.path, self._signed_in(partial(self._form, form))),
                web.post(form.path, self._answering(partial(self._submitted, form))),
            )
        ]
        return [
            web.get("/", self._signed_in(self._overview)),
            *forms,
            web.get("/license-files/{locking_id}", self._signed_in(self._license_file)),
            web.get("/license-files/{locking_id}/download", self._signed_in(self._download)),
            web.get("/sign-in", self._answering(self._sign_in_form)),
            web.post("/sign-in", self._answering(self._sign_in)),
            web.post("/sign-out", self._answering(self._sign_out)),
            web.get("/style.css", self._rendering.asset),
            web.get("/icon.svg", self._rendering.asset),
            web.get("/{unknown:.*}", self._unknown),
        ]

    async def _overview(self, _: web.Request, session: Session) -> web.Response:
        holdings = self._server.holdings(session.customer)
        return self._page("overview.html", session, holdings=holdings)

    async def _license_file(self, request: web.Request, session: Session) -> web.Response:
        file, _ = self._chosen_file(request, session)
        done = request.query.get("done", "")
        return self._page("license_file.html", session, file=file, done=done)

    async def _download(self, request: web.Request, session: Session) -> web.Response:
        file, document = self._chosen_file(request, session)
        name = f"license-file-{file.serial}-{file.locking_id}.json"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return web.Response(text=document, content_type="application/json", headers=headers)

    async def _form(self, form: Form, request: web.Request, session: Session) -> web.Response:
        given = request.query.items()
        entries = Entries((name, value) for name, value in given if name in form.fields)
        entries.drop("document")
        prefill(self._server, entries, session.customer)
        return self._form_page(form, session, entries)

    async def _submitted(self, form: Form, request: web.Request) -> web.Response:
        entries = await read_entries(request)
        token = entries.one("csrf_token")
        entries.drop("csrf_token")
        problem = take_documents(self._server, entries)
        session = self._session(request)
        if session is None:
            return self._sign_in_page(
                401, problem=problem, notice=_SESSION_ENDED, path=form.path, entries=entries
            )
        if not hmac.compare_digest(token.encode(), session.csrf_token.encode()):
            return self._form_page(form, session, entries, notice=_FORM_TOO_OLD, status=403)
        try:
            if problem:
                raise problem
            issued = await form.submit(self._server, entries, session.customer)
        except LicensingError as refusal:
            return self._form_page(form, session, entries, problem=refusal)
        locking_id = self._server.read(issued.license_file).locking_id
        return see_other(f"/license-files/{locking_id}?done={form.done}")

    async def _sign_in_form(self, request: web.Request) -> web.Response:
        return self._sign_in_page(200, path=request.query.get("next", "/"))

    async def _sign_in(self, request: web.Request) -> web.Response:
        entries = await read_entries(request)
        name, path = entries.one("name").strip()[:LONGEST_NAME], entries.one("next")
        try:
            self._require_password(name, entries.one("password"), request.remote or "")
        except LicensingError as refusal:
            return self._sign_in_page(
                refusal.kind.status, problem=refusal, path=path, name=name, entries=entries.kept()
            )
        token, csrf_token = self._token(), self._token()
        session = self._sessions.begin(token, csrf_token, name, self._now_ns)
        kept, form = entries.kept(), FORMS.get(path)
        if form and kept:
            take_documents(self._server, kept)
            response = self._form_page(form, session, kept, notice=_SIGNED_IN_AGAIN)
        else:
            response = see_other(path if _OWN_PATH.fullmatch(path) else "/")
        self._set_cookie(response, token)
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        entries = await read_entries(request)
        session = self._session(request)
        if session and hmac.compare_digest(
            entries.one("csrf_token").encode(), session.csrf_token.encode()
        ):
            self._sessions.end(request.cookies[COOKIE])
        response = see_other("/sign-in")
        response.del_cookie(COOKIE)
        return response

    async def _unknown(self, request: web.Request) -> web.Response:
        if "text/html" not in request.headers.get("Accept", ""):
            raise web.HTTPNotFound
        return self._page("problem.html", self._session(request), problem=None, status=404)

    def _chosen_file(self, request: web.Request, session: Session) -> tuple[LicenseFile, str]:
        locking_id = parse_locking_id(request.match_info["locking_id"])
        return self._server.license_file(locking_id, session.customer)

    def _form_page(
        self,
        form: Form,
        session: Session,
        entries: Entries,
        *,
        problem: LicensingError | None = None,
        notice: str = "",
        status: int = 200,
    ) -> web.Response:
        return self._page(
            form.template,
            session,
            status=problem.kind.status if problem else status,
            path=form.path,
            entries=entries,
            problem=problem,
            notice=notice,
            fault=field_at_fault(problem, entries, form) if problem else "",
            holdings=self._server.holdings(session.customer),
            documents=documents_to_choose(self._server, entries, session.customer),
        )

    def _sign_in_page(self, status: int, *, path: str, **shown: object) -> web.Response:
        blank = {"problem": None, "notice": "", "name": "", "entries": Entries()}
        return self._page("sign_in.html", None, status=status, path=path, **(blank | shown))

    def _page(
        self, template: str, session: Session | None, *, status: int = 200, **shown: object
    ) -> web.Response:
        return self._rendering.page(template, status=status, session=session, **shown)

    def _signed_in(self, page: SignedInPage) -> Page:
        async def answer(request: web.Request) -> web.Response:
            session = self._session(request)
            if session is None:
                return see_other(f"/sign-in?next={quote(request.path)}")
            return await page(request, session)

        return self._answering(answer)

    def _answering(self, page: Page) -> Page:
        async def answer(request: web.Request) -> web.Response:
            try:
                _require_own_origin(request)
                return await page(request)
            except LicensingError as problem:
                session = self._session(request)
                status = problem.kind.status
                return self._page("problem.html", session, problem=problem, status=status)

        return answer

    def _require_password(self, name: str, password: str, address: str) -> None:
        self._gate.require_open(name, address, self._now_ns)
        if len(password) > LONGEST_PASSWORD or not self._server.password_is(name, password):
            self._gate.failed(name, address, self._now_ns)
            raise LicensingError("sign-in-refused")
        self._gate.succeeded(name, address)

    def _session(self, request: web.Request) -> Session | None:
        return self._sessions.use(request.cookies.get(COOKIE, ""), self._now_ns)

    def _set_cookie(self, response: web.Response, token: str) -> None:
        response.set_cookie(
            COOKIE,
            token,
            max_age=LONGEST_NS // NS_PER_SECOND,
            httponly=True,
            samesite="Lax",
            secure=self._host.tls is not None,
        )

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._host.dice.token(24)).decode()

    @property
    def _now_ns(self) -> int:
        return self._host.clock.monotonic_ns()


def _require_own_origin(request: web.Request) -> None:
    """Refuse a form of somebody else's page; browsers name the origin, scripts need not."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        raise LicensingError("request-malformed", reason="it was sent from another site's page")
