"""From records to HTML: templates that escape everything, and words for what they show.

The template engine is imported when the first page is asked for: a simulated run pays nothing.
"""

from collections.abc import AsyncIterator, Callable, Container, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from licensing.catalogue import LICENSES, in_order_of_prerequisites
from licensing.recovery import Recovery
from licensing.words import counted

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.environment import TemplateStream

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_SCRIPTED = "; script-src 'self'; connect-src 'self'"
_PIECES_JOINED = 4000
"""Pieces of a template, of which a line has some ten."""
_KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}


class Rendering:
    """Makes the responses of all pages of a program.

    `directory` holds its `templates` and its `assets`; those that programs share are found, too,
    and those in the directories `shared`.
    Scripts of our own run where the program is `scripted`, and no others ever. Templates that are
    `streamed` may have thousands of lines: they are sent in pieces, and compressed. The others are
    not: with a secret of the session and words from the address on one page, its size would tell.
    """

    def __init__(
        self,
        directory: Path,
        *,
        scripted: bool = False,
        streamed: Container[str] = (),
        shared: Sequence[Path] = (),
    ) -> None:
        self._directories = (directory, *shared, _HERE)
        self._streamed = streamed
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": _POLICY + (_SCRIPTED if scripted else ""),
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    def page(self, template: str, *, status: int = 200, **shown: object) -> web.Response:
        """The page of a template."""
        made = _environment(*self._directories).get_template(template)
        page = web.Response(status=status, content_type="text/html", headers=self._headers)
        page.charset = "utf-8"
        if template in self._streamed:
            page.body = _in_pieces(made.stream(shown))
            page.enable_compression()
        else:
            page.text = made.render(shown)
        return page

    def macro(self, template: str, name: str) -> Callable[..., str]:
        """A macro that templates share, for whoever makes parts of a page by themselves."""
        macro: Callable[..., str] = getattr(
            _environment(*self._directories).get_template(template).module, name
        )
        return macro

    async def asset(self, request: web.Request) -> web.Response:
        """A style sheet, a script, the icon: routes name them one by one."""
        name = request.path.removeprefix("/")
        file = next(each / name for each in self._directories if (each / name).exists())
        kind = {"Content-Type": f"{_KINDS[file.suffix]}; charset=utf-8"}
        headers = self._headers | kind | {"Cache-Control": "max-age=3600"}
        return web.Response(body=file.read_bytes(), headers=headers)


@cache
def _environment(*directories: Path) -> "Environment":
    """The templates of a program; all nodes of a simulated run share the compiled ones."""
    from jinja2 import (  # noqa: PLC0415 - see above
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader([each / "templates" for each in directories]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "seats": seats,
        "day": day,
        "instant": instant,
        "duration": duration,
        "recovery": recovery,
        "counted": counted,
    }
    return environment


async def _in_pieces(stream: "TemplateStream") -> AsyncIterator[bytes]:
    """Other requests have their turn between two of them."""
    stream.enable_buffering(_PIECES_JOINED)
    for piece in stream:
        yield piece.encode()


def attached(name: str, document: str) -> web.Response:
    """A JSON document that the browser keeps as the file `name`."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return web.Response(text=document, content_type="application/json", headers=headers)


def see_other(path: str) -> web.Response:
    """After something was done: go there, so that a reload repeats nothing."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def seats(licenses: dict[str, int]) -> list[tuple[str, int]]:
    """Names of the price list, in its order, and how many of each."""
    return [(LICENSES[key].name, licenses[key]) for key in in_order_of_prerequisites([*licenses])]


def day(at: datetime) -> str:
    """2 March 2026."""
    return f"{at.day} {at:%B %Y}"


def instant(at: datetime) -> str:
    """2 March 2026, 08:00 UTC."""
    return f"{day(at)}, {at:%H:%M} UTC"


def recovery(policy: Recovery) -> str:
    """What follows a failover period in words: `, whole again after 3 days of connection`."""
    return policy.in_words(duration(policy.stable_s))


def duration(seconds: int) -> str:
    """30 days; smaller periods in the largest unit that leaves no rest."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            return counted(seconds // length, unit)
    return counted(seconds, "second")
