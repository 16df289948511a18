"""A bare aiohttp server with one template, beside which the WBM's pages are measured.

`python -m benchmarks.page_server PORT` answers `/SIZE` with a page of about that many bytes: a
table whose cells have words, symbols and links, escaped by Jinja2 as those of the WBM are.
"""

import sys
from dataclasses import dataclass

from aiohttp import web
from jinja2 import Environment

_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><main><table>
{% for row in rows %}
<tr><th scope="row"><a href="/of/{{ row.number }}">{{ row.number }}</a> <small>{{ row.kind }}</small></th>
{% for cell in row.cells %}
<td class="cell"><span class="sign {{ cell.tone }}" title="{{ cell.meaning }}">{{ cell.symbol }}</span></td>
{% endfor %}</tr>
{% endfor %}
</table></main></body></html>
"""  # noqa: E501 - a line of a page
_CELLS = 11


@dataclass(frozen=True, slots=True)
class _Cell:
    tone: str
    symbol: str
    meaning: str


@dataclass(frozen=True, slots=True)
class _Row:
    number: str
    kind: str
    cells: list[_Cell]


def serve(port: int) -> None:
    """Serve until terminated."""
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    cells = [_Cell("open", "+", "Unsaved license demand")] * _CELLS
    rows = [_Row(str(number), "IP system telephone", cells) for number in range(10_000, 16_000)]
    frame = len(template.render(rows=[]).encode())
    row_size = len(template.render(rows=rows[:1]).encode()) - frame

    async def page(request: web.Request) -> web.Response:
        shown = (int(request.match_info["size"]) - frame) // row_size
        return web.Response(text=template.render(rows=rows[:shown]), content_type="text/html")

    application = web.Application()
    application.router.add_get(r"/{size:\d+}", page)
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
