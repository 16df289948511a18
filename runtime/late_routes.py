"""What a program answers at which address, without a route of aiohttp for each.

A node has more than a hundred addresses, and is asked at a few of them. Their routes took a tenth
of the time of a start, and most of the memory of a node at rest.
"""

from collections.abc import Callable, Iterable, Iterator

from aiohttp import web
from aiohttp.typedefs import Handler

from runtime.openapi import Operation


class FixedPaths(web.PlainResource):
    """All paths of an application without variable parts; `handler_of` makes what answers there.

    An operation has its handler and its route once it is asked.
    """

    def __init__(self, handler_of: Callable[[Operation], Handler]) -> None:
        super().__init__("/")
        self._handler_of = handler_of
        self._operations: dict[str, Operation] = {}
        self._made: dict[str, web.ResourceRoute] = {}

    @property
    def offered(self) -> Iterable[Operation]:
        """All operations, in the order in which they were offered."""
        return self._operations.values()

    def offer(self, operation: Operation) -> None:
        """Answer an operation; raises `ValueError` where one is answered there already."""
        where = f"{operation.method} {operation.path}"
        if where in self._operations:
            raise ValueError(f"{where} is answered already")
        self._operations[where] = operation

    async def resolve(
        self, request: web.BaseRequest
    ) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        """The route of a request, None where there is none, and the methods at its path."""
        path = request.rel_url.path_safe
        route = self._route(f"{request.method} {path}")
        if route is None:
            return None, {each.method for each in self.offered if each.path == path}
        return web.UrlMappingMatchInfo({}, route), {request.method}

    def __iter__(self) -> Iterator[web.ResourceRoute]:
        """Over all routes, which are made for that."""
        return (route for where in self._operations if (route := self._route(where)))

    def _route(self, where: str) -> web.ResourceRoute | None:
        if where not in self._made:
            operation = self._operations.get(where)
            if operation is None:
                return None
            handler = self._handler_of(operation)
            self._made[where] = web.ResourceRoute(operation.method, handler, self)
        return self._made[where]


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
