"""The WBM as routes: which page answers which address, and who may do what there.

Every page asks the application layer (`nodes.system`); what a profile may is in `nodes.profiles`.
"""

import asyncio
import contextlib
import re
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web

from licensing.catalogue import LICENSES, MODELS
from licensing.errors import LicensingError
from licensing.messages import encode
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.words import LicenseState
from nodes.assignment.views import AssignmentRow
from nodes.profiles import RIGHTS, Right, require
from nodes.system import CommunicationSystem
from nodes.wbm import words
from nodes.wbm.asked import Asked
from nodes.wbm.form import WbmForm
from nodes.wbm.forms import WBM_FORMS
from nodes.wbm.frame import Frame
from nodes.wbm.overview import USER_LICENSES, OverviewLine
from nodes.wbm.pages import Pages
from runtime.host import Host
from runtime.pages.entries import Entries, read_entries
from runtime.pages.rendering import Rendering, attached, see_other
from runtime.pages.sessions import Session, Sessions
from runtime.pages.site import (
    FORM_TOO_OLD,
    SESSION_ENDED,
    SIGNED_IN_AGAIN,
    Fault,
    Notice,
    SignInSite,
    is_token_of,
)

ANEW_S = 900
"""A stream tells anew after this time: less is left of a period, and who listened may be gone."""
REQUEST_FILE = "/activate/relicensing-request/download"
NO_FAULT = Fault()
_ABOUT_ENTRIES = (400, 422)
"""Statuses of refusals that are about what was entered, and so are codes that begin like these."""
_OF_ENTRIES = ("lac-", "license-file-", "master-", "subscriber-")
_NOTICES_KEPT = 100
_MARKS_KEPT = 1000
_ASSETS = ("wbm.css", "licenses.css", "telephones.css", "wbm.js", "live.js", "assigning.js")


class News(Record):
    """What open pages learn: the license status, and the displays that are not idle, by number.

    `parts` are pieces of the pages, by the names of their places (`nodes.wbm.frame`).
    """

    state: str
    connected: bool
    displays: dict[str, str]
    parts: dict[str, str]


class WbmSite(SignInSite):
    """The WBM of one node."""

    cookie = "wbm-session"
    own_path = re.compile(r"/[a-z-]*(/[a-z]+|/of/\d+(/[a-z]+)?)?")

    def __init__(self, host: Host, system: CommunicationSystem) -> None:
        idle_ns = system.settings.idle_s * NS_PER_SECOND
        longest_ns = system.settings.session_s * NS_PER_SECOND
        rendering = Rendering(Path(__file__).parent, scripted=True, streamed={"print.html"})
        known = system.accounts.known_addresses
        super().__init__(host, rendering, known, Sessions(idle_ns, longest_ns))
        self._system = system
        self._frame = Frame(host, system, rendering)
        self._pages = Pages(host, system, self._frame).by_path
        self._notices: dict[str, tuple[str, Notice]] = {}
        self._noted = 0
        self._signs: dict[tuple[LicenseState, str, str, str], str] = {}
        self._marks: dict[tuple[str, ...], str] = {}

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the WBM, the one for unknown addresses last."""
        pages = (web.get(path, self._signed_in(partial(self._get, path))) for path in self._pages)
        forms = (
            web.post(form.path, self._answering(partial(self._submitted, form)))
            for form in WBM_FORMS
        )
        return [
            *pages,
            *forms,
            web.get(REQUEST_FILE, self._signed_in(self._request_file)),
            web.get("/live", self._answering(self._live)),
            *(web.get(f"/{name}", self._rendering.asset) for name in _ASSETS),
            *self._account_routes(),
        ]

    async def _get(self, path: str, request: web.Request, session: Session) -> web.StreamResponse:
        return await self._show(path, _asked(request), session)

    async def _show(
        self,
        path: str,
        asked: Asked,
        session: Session,
        *,
        problem: LicensingError | None = None,
        notice: Notice | None = None,
        entries: Entries | None = None,
        fault: Fault = NO_FAULT,
        status: int = 200,
    ) -> web.StreamResponse:
        self._system.books.status.accessed()
        template, shown = self._pages[path]
        facts = await shown(asked)
        framed = await self._frame.now()
        return self._page(
            template,
            session,
            status=problem.kind.status if problem else status,
            here=path,
            problem=problem,
            notice=notice or self._notice(asked.query.get("told", ""), session),
            entries=entries or Entries(),
            fault=fault,
            frame=framed,
            state=framed.state,
            **facts,
        )

    async def _problem_page(
        self, session: Session | None, problem: LicensingError | None
    ) -> web.Response:
        """The same as elsewhere; whoever is signed in sees the status and the alarms here, too."""
        framed = await self._frame.now() if session else None
        shown = {"frame": framed, "state": framed.state} if framed else {}
        status = problem.kind.status if problem else 404
        return self._page("problem.html", session, problem=problem, status=status, **shown)

    def _page(
        self, template: str, session: Session | None, *, status: int = 200, **shown: object
    ) -> web.Response:
        profile = self._system.accounts.profile(session.user) if session else None
        common = {
            "node": self._host.name,
            "locking_id": self._host.locking_id,
            "locking_id_name": words.locking_id_name(self._host.locking_id),
            "model": MODELS[self._system.equipment.model].name,
            "profile": profile,
            "may": RIGHTS[profile] if profile else frozenset(),
            "Right": Right,
            "words": words,
            "catalogue": LICENSES,
            "sign_of": self._sign_of,
            "marks_of": self._marks_of,
            "no_accounts": self._system.accounts.none_yet,
        }
        return super()._page(template, session, status=status, **(common | shown))

    def _sign_of(self, cell: AssignmentRow, name: str = "") -> str:
        """The symbol of a cell: made once for all cells alike, of which pages have thousands."""
        alike = (cell.state, cell.license, cell.reason, name)
        if alike not in self._signs:
            sign = self._rendering.macro("parts.html", "sign")
            self._signs[alike] = sign(cell, words, name)
        return self._signs[alike]

    def _marks_of(self, line: OverviewLine) -> str:
        """The cells of a line on paper: made once for all lines alike."""
        alike = (*line.cells, *[cell.state for cell in line.cells.values()])
        if alike not in self._marks:
            if len(self._marks) > _MARKS_KEPT:
                self._marks.clear()
            marks = self._rendering.macro("parts.html", "marks")
            self._marks[alike] = marks(line, USER_LICENSES, LICENSES, words)
        return self._marks[alike]

    async def _submitted(self, form: WbmForm, request: web.Request) -> web.StreamResponse:
        entries = await read_entries(request)
        token = entries.one("csrf_token")
        entries.drop("csrf_token")
        asked = _asked(request)
        if asked.holder:
            entries.drop("holder")
            entries.add("holder", asked.holder)
        page = form.page.format(holder=asked.holder)
        session = self._session(request)
        if session is None:
            for _, text in entries.uploads:
                entries.add("license_file", text)
            return self._sign_in_page(401, notice=SESSION_ENDED, path=page, entries=entries)
        if not is_token_of(session, token):
            return await self._show(
                form.page, asked, session, notice=FORM_TOO_OLD, entries=entries, status=403
            )
        try:
            require(self._system.accounts.profile(session.user), form.right)
            notice = await form.submit(self._system, entries)
        except LicensingError as refusal:
            fault = _fault(refusal, form)
            return await self._show(
                form.page, asked, session, problem=refusal, entries=entries, fault=fault
            )
        holder = _onward(entries) or asked.holder or entries.one("number").strip()
        after = (form.after or form.page).format(holder=holder)
        return see_other(f"{after}?told={self._note(notice, session)}")

    def _note(self, notice: Notice, session: Session) -> int:
        """Keep what was done for the page that tells it: that one, once, and no other."""
        self._noted += 1
        self._notices[str(self._noted)] = (session.csrf_token, notice)
        self._notices.pop(str(self._noted - _NOTICES_KEPT), None)
        return self._noted

    def _notice(self, number: str, session: Session) -> Notice | None:
        csrf_token, notice = self._notices.get(number, ("", None))
        if csrf_token != session.csrf_token:
            return None
        del self._notices[number]
        return notice

    async def _password_is(self, name: str, password: str, *, known: bool) -> bool:
        return await self._system.accounts.password_is(name, password, known=known)

    async def _resume(
        self, path: str, session: Session, kept: Entries
    ) -> web.StreamResponse | None:
        asked = Asked(kept.one("holder"), {})
        page = path.replace(f"/of/{asked.holder}", "/of/{holder}") if asked.holder else path
        if page not in self._pages:
            return None
        return await self._show(page, asked, session, notice=SIGNED_IN_AGAIN, entries=kept)

    async def _request_file(self, _: web.Request, session: Session) -> web.StreamResponse:
        """The relicensing request as a file (F15)."""
        self._system.books.status.accessed()
        require(self._system.accounts.profile(session.user), Right.ACTIVATE)
        request = await self._system.activation.relicensing_request()
        name = f"relicensing-request-{self._host.locking_id}.json"
        return attached(name, encode(request).decode())

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: what is to be seen now, whenever it changes, and now and then."""
        token = request.cookies.get(self.cookie, "")
        if not self._sessions.lasts(token, self._now_ns):
            raise LicensingError("sign-in-refused")
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        with self._system.count_watch.watched(), contextlib.suppress(ConnectionResetError):
            await response.prepare(request)
            while self._sessions.may_watch(token, self._now_ns):
                news = self._system.books.status.news
                await response.write(b"data: " + msgspec.json.encode(await self._news()) + b"\n\n")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ANEW_S):
                        await news.wait()
        return response

    async def _news(self) -> News:
        state = await self._system.state()
        displays = (await self._system.displays()).displays
        lit = {number: text for number, text in displays.items() if text}
        parts = dict(await self._frame.parts())
        return News(state=state.state.value, connected=state.connected, displays=lit, parts=parts)


def _asked(request: web.Request) -> Asked:
    return Asked(request.match_info.get("holder", ""), request.query)


def _onward(entries: Entries) -> str:
    """The call number whose page is to follow, where somebody saves and goes on."""
    onward = entries.one("onward")
    return onward if onward.isascii() and onward.isdecimal() else ""


def _fault(refusal: LicensingError, form: WbmForm) -> Fault:
    """The field that a refusal is about: the one that it names, or the form's own."""
    about_entry = refusal.kind.status in _ABOUT_ENTRIES or refusal.code.startswith(_OF_ENTRIES)
    field = refusal.details.get("field", form.field if about_entry else "")
    return Fault(str(field), refusal.message)
