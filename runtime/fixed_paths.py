"""What a program answers at paths without variable parts: one table, with routes made when asked.

A node has more than a hundred such addresses, and is asked at a few of them. A route of aiohttp for
each took a tenth of the time of a start, and most of the memory of a node at rest.
"""

from aiohttp import web
from aiohttp.typedefs import Handler


class FixedPaths(web.PlainResource):
    """One resource of an application for all of its fixed paths; to be registered before others."""

    def __init__(self) -> None:
        super().__init__("/")
        self._handlers: dict[str, dict[str, Handler]] = {}
        self._made: dict[tuple[str, str], web.ResourceRoute] = {}

    def answer(self, method: str, path: str, handler: Handler) -> None:
        """Let `handler` answer a method at a path; raises `ValueError` where one does already."""
        handlers = self._handlers.setdefault(path, {})
        if method in handlers:
            raise ValueError(f"{method} {path} is answered already")
        handlers[method] = handler

    async def resolve(
        self, request: web.BaseRequest
    ) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        """The route of a request, None where there is none, and the methods at its path."""
        path, method = request.rel_url.path_safe, request.method
        handlers = self._handlers.get(path, {})
        if method not in handlers:
            return None, set(handlers)
        if (path, method) not in self._made:
            self._made[path, method] = web.ResourceRoute(method, handlers[method], self)
        return web.UrlMappingMatchInfo({}, self._made[path, method]), set(handlers)
