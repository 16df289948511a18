"""The page of a stage, as aiohttp serves it: the page, its news, its past, and what is pressed."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

import msgspec
from aiohttp import web
from pydantic import ValidationError

import simulator.report.pages
from licensing.errors import LicensingError
from runtime.pages.rendering import Rendering, see_other
from runtime.pages.site import require_own_origin
from simulator.stage.commands import REFUSED, Commanded, do
from simulator.stage.event_stream import Content, Watchers, stream
from simulator.stage.hurry import Busy
from simulator.stage.look import Looking
from simulator.stage.shown import Seen, map_states, shown
from simulator.stage.stage import Stage

STAGE_PAGES = Path(__file__).parent / "pages"
MAP = Path(simulator.report.pages.__file__).parent
SCRIPTS = ("stage.js", "parts.js", "map.js", "traffic.js", "time.js", "keys.js", "forms.js",
           "say.js", "notes.js", "server.js")  # fmt: skip
ASSETS = ("/map.css", "/stage.css", "/style.css", *(f"/{name}" for name in SCRIPTS))
STAGE_ADDRESSES = ("/", "/events", "/at", "/do", "/notes", *ASSETS)
"""All that is answered here."""

OF_ANOTHER_RUN = (
    "The server was started anew since this page was made: nothing was done. "
    "The page shows its run now."
)
_LONGEST_SAID = 300
"""Characters of a refusal, which may list all that there is."""
_TIMES = ("start_ms", "now_ms", "at_ms", "end_ms", "rate", "is_live", "is_fast")
_PARTS = ("clock", "transport", "panel", "licenses", "story", "steps", "bar", "sentence", "lit")


def rendering() -> Rendering:
    """The templates of the stage, with the shapes of every map."""
    return Rendering(STAGE_PAGES, scripted=True, shared=[MAP])


def rendered(seen: Seen, parts: Sequence[str] = _PARTS) -> dict[str, str]:
    """The HTML of the parts of the page that a script exchanges, by name."""
    made = rendering()
    return {name: str(made.macro("parts.html", name)(seen)) for name in parts}


class StagePage:
    """Answers for a stage; `on` is what its commands work on.

    A page says of which `run` it is, and nothing is done here that was pressed in another.
    """

    def __init__(self, stage: Stage, on: Commanded, run: str) -> None:
        self._stage = stage
        self._on = on
        self._rendering = rendering()
        self._run = run
        self._watchers = Watchers(stage.clock)
        stage.net.journal.add_reader(self._watchers.hear)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One of `STAGE_ADDRESSES`."""
        if request.path in ASSETS:
            return compressed(await self._rendering.asset(request))
        look = Looking.of(request.query)
        match request.path:
            case "/events":
                parts = ("clock", "note") if "notes" in request.query else _PARTS
                return await stream(
                    request, self._watchers, lambda: self._content(request, look, parts)
                )
            case "/at":
                return compressed(_json(self._content(request, look, _PARTS)))
            case "/do" if request.method == "POST":
                return await self._do(request, look)
            case "/notes":
                return self._page("notes.html", self._shown(request, look))
        return self._page("stage.html", self._shown(request, look))

    def _shown(
        self, request: web.Request, look: Looking, told: str = "", *, bad: bool = False
    ) -> Seen:
        port = request.host.rpartition(":")[2] if ":" in request.host else "80"
        return shown(self._stage, look, port=port, run=self._run, told=told, is_problem=bad)

    def _page(self, template: str, seen: Seen, status: int = 200) -> web.Response:
        return compressed(self._rendering.page(template, v=seen, status=status))

    def _content(self, request: web.Request, look: Looking, parts: tuple[str, ...]) -> Content:
        """Everything that a script exchanges."""
        seen = self._shown(request, look)
        return {
            "server": {"run": self._run},
            "time": {key: seen[key] for key in _TIMES},
            "map": {**map_states(seen)},
            "parts": {**rendered(seen, parts)},
            "traffic": {
                f"{link} {source}": passed
                for (link, source), passed in self._stage.traffic.passed.items()
            },
        }

    async def _do(self, request: web.Request, look: Looking) -> web.StreamResponse:
        """Do what was pressed; a script gets the words, a browser without one the page."""
        told, bad, status = "", False, 200
        try:
            require_own_origin(request)
            fields = {name: str(value) for name, value in (await request.post()).items()}
            if fields.pop("run", self._run) != self._run:
                raise _AnotherRun(OF_ANOTHER_RUN)
            told = await do(self._on, fields.pop("act", ""), fields)
        except (Busy, *REFUSED) as error:
            told, bad = _in_words(error), True
            status = 409 if isinstance(error, _AnotherRun) else 200
        self._stage.clock.tell()
        if "application/json" in request.headers.get("Accept", ""):
            return _json({"told": told, "is_problem": bad}, status)
        if told:
            return self._page("stage.html", self._shown(request, look, told, bad=bad), status)
        return see_other(look.query())


class _AnotherRun(ValueError):
    """What was pressed stood on a page of another run."""


def _in_words(error: Exception) -> str:
    """What a refusal says to a person, at a length that is read."""
    match error:
        case LicensingError():
            said = f"{error.message} {error.hint}".strip()
        case KeyError():
            said = f"The form is incomplete: {error} is missing."
        case ValidationError():
            said = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        case _:
            said = str(error)
    return shorten(said, _LONGEST_SAID, placeholder=" ...")


def _json(content: object, status: int = 200) -> web.Response:
    headers, kind = {"Cache-Control": "no-store"}, "application/json"
    body = msgspec.json.encode(content)
    return web.Response(body=body, status=status, content_type=kind, headers=headers)


def compressed(response: web.Response) -> web.Response:
    """Nothing here is a secret."""
    response.enable_compression()
    return response
