"""What a program answers at which address, without a route of aiohttp for each.

A node has more than a hundred addresses, and is asked at a few of them. Their routes took a tenth
of the time of a start, and most of the memory of a node at rest.
"""

from collections.abc import Callable, Iterable, Iterator

from aiohttp import web
from aiohttp.typedefs import Handler


class FixedPaths(web.PlainResource):
    """All paths of an application without variable parts, each with a route once it is asked."""

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
        return web.UrlMappingMatchInfo({}, self._route(method, path)), set(handlers)

    def __iter__(self) -> Iterator[web.ResourceRoute]:
        """Over all routes, which are made for that."""
        for path, handlers in self._handlers.items():
            for method in handlers:
                yield self._route(method, path)

    def _route(self, method: str, path: str) -> web.ResourceRoute:
        if (path, method) not in self._made:
            handler = self._handlers[path][method]
            self._made[path, method] = web.ResourceRoute(method, handler, self)
        return self._made[path, method]


class LateRoutes(web.PlainResource):
    """Routes of which the first is made when something is asked that nothing before answers."""

    def __init__(self, make: Callable[[], Iterable[web.RouteDef]]) -> None:
        super().__init__("/")
        self._make = make
        self._made: web.UrlDispatcher | None = None

    async def resolve(
        self, request: web.BaseRequest
    ) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        """The route of a request, None where there is none, and the methods at its path."""
        assert isinstance(request, web.Request)
        match = await self._router.resolve(request)
        if isinstance(match.http_exception, web.HTTPMethodNotAllowed):
            return None, set(match.http_exception.allowed_methods)
        return (None if match.http_exception else match), set()

    def __iter__(self) -> Iterator[web.AbstractRoute]:  # type: ignore[override] # of any kind
        """Over all routes, which are made for that."""
        return iter(self._router.routes())

    @property
    def _router(self) -> web.UrlDispatcher:
        if self._made is None:
            self._made = web.UrlDispatcher()
            self._made.add_routes(self._make())
        return self._made
