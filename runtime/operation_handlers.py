"""What answers an operation's requests: it is made when the operation is asked for the first time.

Status codes, unreadable bodies and keys are dealt with here, once for all operations.
"""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

import msgspec
from aiohttp import web

from licensing.errors import LicensingError
from licensing.messages import encode
from licensing.records import UNREADABLE, Record
from runtime.idempotency import KeptAnswers, unkept
from runtime.openapi import KEY_HEADER, KEY_PATTERN, Operation
from runtime.problem_answers import Handler, in_time

Body = TypeVar("Body", bound=Record)


def handler_of(operation: Operation) -> Handler:
    """What answers `operation` at its path."""
    if operation.body is None:
        return _of_get(operation)
    read = _reader(operation.body, operation.unreadable)
    if operation.answers is not None:
        return _of_post_once(operation, read, operation.answers)
    return _of_post(operation, read)


def _of_get(operation: Operation) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        answer = await operation.do()
        if isinstance(answer, bytes):
            return web.Response(body=answer, headers={"Content-Type": operation.content_type})
        return _json(encode(answer))

    return handler


def _of_post(operation: Operation, read: Callable[[web.Request], Awaitable[Record]]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return _json(encode(await operation.do(await read(request))))

    return handler


def _of_post_once(
    operation: Operation,
    read: Callable[[web.Request], Awaitable[Record]],
    answers: KeptAnswers,
) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        content, key = await read(request), _key(request)
        if key is None:
            return _json(encode(await operation.do(content, unkept)))
        with answers.request(key, operation.path, content) as keyed:
            return _json(keyed.answer or encode(await operation.do(content, keyed.keep)))

    return handler


def _json(answer: bytes) -> web.Response:
    return web.Response(body=answer, content_type="application/json")


def _reader(
    body: type[Body], unreadable: Callable[[str], LicensingError]
) -> Callable[[web.Request], Awaitable[Body]]:
    """What reads a request's JSON, whatever type it is said to have."""
    decoder = _decoder(body)

    async def read(request: web.Request) -> Body:
        async with in_time():
            content = await request.read()
        try:
            decoded: Body = decoder.decode(content or b"{}")
        except UNREADABLE as error:
            raise unreadable(str(error)) from error
        return decoded

    return read


@cache
def _decoder(body: type[Body]) -> msgspec.json.Decoder[Body]:
    return msgspec.json.Decoder(body)


def _key(request: web.Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        reason = f"{KEY_HEADER} is not 1 to 200 visible ASCII characters"
        raise LicensingError("request-malformed", reason=reason)
    return key
