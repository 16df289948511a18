"""Addresses without a route each: they answer as if they had one."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from runtime.http import Nothing
from runtime.late_routes import FixedPaths, LateRoutes
from runtime.openapi import Operation

pytestmark = pytest.mark.asyncio(loop_factories=["real"])


async def _answer(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path}")


def _handler_of(_: Operation) -> Handler:
    return _answer


def _operation(method: str, path: str) -> Operation:
    async def nothing() -> Nothing:
        return Nothing()

    return Operation(method, path, nothing)


async def test_a_path_is_answered_by_its_methods_and_others_are_told_which_those_are():
    """A request at a fixed path, one with a wrong method, one at a variable path beside it."""
    paths, application = FixedPaths(_handler_of), web.Application()
    application.router.register_resource(paths)
    application.router.add_get("/of/{holder}", _answer)
    paths.offer(_operation("GET", "/of/all"))
    paths.offer(_operation("POST", "/of/all"))
    async with TestClient(TestServer(application)) as client:
        for _ in range(2):  # its route is made at the first time, and kept
            assert await (await client.get("/of/all")).text() == "GET /of/all"
        assert await (await client.get("/of/10")).text() == "GET /of/10"
        refused = await client.put("/of/all")
        assert (refused.status, refused.headers["Allow"]) == (405, "GET,HEAD,POST")
        assert (await client.get("/off")).status == 404


async def test_nothing_is_answered_twice():
    """Two operations at one path with one method are a mistake of ours, told when it is made."""
    paths = FixedPaths(_handler_of)
    paths.offer(_operation("GET", "/"))
    paths.offer(_operation("POST", "/"))
    with pytest.raises(ValueError, match="GET / is answered already"):
        paths.offer(_operation("GET", "/"))


async def test_further_routes_are_made_when_the_first_of_them_is_asked():
    """Pages that nobody looks at cost nothing; a wrong method hears which are right."""
    made: list[str] = []

    def pages() -> list[web.RouteDef]:
        made.append("pages")
        return [web.get("/page", _answer), web.post("/of/{holder}", _answer)]

    paths, application = FixedPaths(_handler_of), web.Application()
    application.router.register_resource(paths)
    application.router.register_resource(LateRoutes(pages))
    paths.offer(_operation("GET", "/state"))
    async with TestClient(TestServer(application)) as client:
        assert (await client.get("/state")).status == 200
        assert made == []
        assert await (await client.get("/page")).text() == "GET /page"
        assert await (await client.post("/of/10")).text() == "POST /of/10"
        refused = await client.get("/of/10")
        assert (refused.status, refused.headers["Allow"]) == (405, "POST")
        assert (await client.get("/off")).status == 404
    assert made == ["pages"]
    assert {route.method for route in application.router.routes()} == {"GET", "HEAD", "POST"}
