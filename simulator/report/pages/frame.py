"""The frame of a page that can be mailed: one file with its style in it, and nothing to fetch."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from simulator.report.page import CONTROL_CHARACTERS
from simulator.report.phrases import TIED

if TYPE_CHECKING:
    from jinja2 import Environment

_QUANTITY = re.compile(r"\b(\d+) x (?=\w)")
_HERE = Path(__file__).parent


def page(template: str, *, beside: Path = _HERE, **shown: object) -> str:
    """The page of a template; every text that it is given is escaped.

    The folder `beside` has the template, and a style sheet that is added to those of all pages.
    """
    folders = dict.fromkeys((_HERE, beside))
    sheets = (_HERE / "map.css", *(folder / "page.css" for folder in folders))
    style = Markup("".join(map(_text, sheets)))  # noqa: S704 - our own
    return _environment(beside).get_template(template).render(shown, style=style)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _plain(shown: object) -> object:
    """Without control characters, and with each `10 x ip` in one line."""
    if type(shown) is str:  # and not markup, which is our own
        return _QUANTITY.sub(f"\\1{TIED}x{TIED}", shown.translate(CONTROL_CHARACTERS))
    return shown


@cache
def _environment(beside: Path) -> "Environment":
    from jinja2 import (  # noqa: PLC0415 - a run without a page pays nothing for it
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    return Environment(
        loader=FileSystemLoader([beside / "templates", _HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
