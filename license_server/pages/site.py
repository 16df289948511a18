"""The pages as routes: which page answers which address.

Licenses are dealt with in `license_server.operations` alone; signing in is shared with others.
"""

import re
from functools import partial
from pathlib import Path

from aiohttp import web

from license_server.moves import RISK
from license_server.operations import LicenseServer
from license_server.pages.forms import (
    DONE,
    SERVER_FORMS,
    ServerForm,
    documents_to_choose,
    field_at_fault,
    prefill,
    take_documents,
    take_request,
)
from licensing.errors import LicensingError
from licensing.identifiers import parse_locking_id
from licensing.license_file import LicenseFile
from runtime.host import Host
from runtime.pages.entries import Entries, read_entries
from runtime.pages.rendering import Rendering, attached, see_other
from runtime.pages.sessions import Session
from runtime.pages.site import (
    FORM_TOO_OLD,
    SESSION_ENDED,
    SIGNED_IN_AGAIN,
    Fault,
    Notice,
    SignInSite,
    is_token_of,
)


class Site(SignInSite):
    """The pages of one license server."""

    cookie = "cls-session"
    own_path = re.compile(r"/([a-z-]*|license-files/[0-9A-Z-]+)")

    def __init__(self, host: Host, server: LicenseServer) -> None:
        super().__init__(host, Rendering(Path(__file__).parent), server.known_addresses)
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the pages, the one for unknown addresses last."""
        forms = [
            route
            for form in SERVER_FORMS.values()
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
            web.get("/license-files/{locking_id}/answer/download", self._signed_in(self._answer)),
            *self._account_routes(),
        ]

    async def _password_is(self, name: str, password: str, *, known: bool) -> bool:
        return await self._server.password_is(name, password, known=known)

    async def _resume(
        self, path: str, session: Session, kept: Entries
    ) -> web.StreamResponse | None:
        form = SERVER_FORMS.get(path)
        if form is None:
            return None
        self._take_uploads(form, kept)
        return self._form_page(form, session, kept, notice=SIGNED_IN_AGAIN)

    async def _overview(self, _: web.Request, session: Session) -> web.Response:
        holdings = self._server.holdings(session.user)
        return self._page("overview.html", session, holdings=holdings)

    async def _license_file(self, request: web.Request, session: Session) -> web.Response:
        file, _ = self._chosen_file(request, session)
        notice = DONE.get(request.query.get("done", ""))
        answer = self._server.answer(file.locking_id, session.user)
        return self._page(
            "license_file.html", session, file=file, notice=notice, answered=bool(answer)
        )

    async def _download(self, request: web.Request, session: Session) -> web.Response:
        locking_id = parse_locking_id(request.match_info["locking_id"])
        file, document = await self._server.download(locking_id, session.user)
        return attached(f"license-file-{file.serial}-{file.locking_id}.json", document)

    async def _answer(self, request: web.Request, session: Session) -> web.Response:
        file, _ = self._chosen_file(request, session)
        answer = self._server.answer(file.locking_id, session.user)
        if not answer:
            raise web.HTTPNotFound
        return attached(f"relicensing-answer-{file.serial}-{file.locking_id}.json", answer)

    async def _form(self, form: ServerForm, request: web.Request, session: Session) -> web.Response:
        given = request.query.items()
        entries = Entries((name, value) for name, value in given if name in form.fields)
        entries.drop("document")
        prefill(self._server, entries, session.user)
        return self._form_page(form, session, entries)

    async def _submitted(self, form: ServerForm, request: web.Request) -> web.Response:
        entries = await read_entries(request)
        token = entries.one("csrf_token")
        entries.drop("csrf_token")
        problem = self._take_uploads(form, entries)
        session = self._session(request)
        if session is None:
            return self._sign_in_page(
                401, problem=problem, notice=SESSION_ENDED, path=form.path, entries=entries
            )
        if not is_token_of(session, token):
            return self._form_page(form, session, entries, notice=FORM_TOO_OLD, status=403)
        try:
            if problem:
                raise problem
            locking_id = await form.submit(self._server, entries, session.user)
        except LicensingError as refusal:
            return self._form_page(form, session, entries, problem=refusal)
        return see_other(f"/license-files/{locking_id}?done={form.done}")

    def _take_uploads(self, form: ServerForm, entries: Entries) -> LicensingError | None:
        if "request" in form.fields:
            take_request(entries)
            return None
        return take_documents(self._server, entries)

    def _chosen_file(self, request: web.Request, session: Session) -> tuple[LicenseFile, str]:
        locking_id = parse_locking_id(request.match_info["locking_id"])
        return self._server.license_file(locking_id, session.user)

    def _form_page(
        self,
        form: ServerForm,
        session: Session,
        entries: Entries,
        *,
        problem: LicensingError | None = None,
        notice: Notice | None = None,
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
            fault=Fault(field_at_fault(problem, entries, form), problem.message)
            if problem
            else Fault(),
            holdings=self._server.holdings(session.user),
            documents=documents_to_choose(self._server, entries, session.user),
            risk=RISK,
        )
