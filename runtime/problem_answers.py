"""What is answered where an operation has no answer: a problem of the registry (RFC 9457)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from licensing.errors import LicensingError, problem_details
from licensing.messages import encode
from licensing.policies import MINUTE_NS, NS_PER_SECOND, TIMING
from runtime.database import state_problem
from runtime.disk_failure import DiskFailure
from runtime.openapi import PROBLEM_TYPE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Read a request within the block; raises `request-incomplete` where the rest does not come."""
    try:
        async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
            yield
    except TimeoutError as error:
        minutes = TIMING.answer_ns // MINUTE_NS
        raise LicensingError("request-incomplete", minutes=minutes) from error


DISK: web.AppKey[tuple[DiskFailure, Path]] = web.AppKey("disk")
"""Who hears of a failing disk, and the name of the database."""


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what `handler` raises; one request's failure ends no program, but a failing disk does.

    A request whose effect could not be written is not acknowledged.
    """
    try:
        return await handler(request)
    except LicensingError as error:
        return _response(error)
    except sqlite3.Error as error:
        failure, database = request.config_dict[DISK]
        failure.note(error)
        return _response(state_problem(database, error))
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        return _refused(request, error)
    except ConnectionResetError:
        return web.Response()  # the caller has gone: nobody hears this, and nothing is wrong here
    except Exception as error:  # noqa: BLE001 - see above
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"{request.method} {request.path} failed", "exception": error}
        )
        return _response(LicensingError("internal-error"))


def _refused(request: web.Request, error: web.HTTPException) -> web.Response:
    """What the HTTP server itself refuses, in the words of the registry."""
    match error:
        case web.HTTPRequestEntityTooLarge():
            return _response(LicensingError("request-too-large", limit=request.client_max_size))
        case web.HTTPNotFound():
            missing = LicensingError("no-such-operation", method=request.method, path=request.path)
            return _response(missing)
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            wrong = LicensingError("wrong-method", method=request.method, allowed=allowed)
            return _response(wrong, {"Allow": allowed})
    return _response(LicensingError("request-malformed", reason=error.text or error.reason))


def _response(problem: LicensingError, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        status=problem.kind.status,
        body=encode(problem_details(problem)),
        content_type=PROBLEM_TYPE,
        headers=headers,
    )
