"""A bare aiohttp WebSocket server, beside which the central CLA is measured.

`python -m benchmarks.echo_server PORT ANSWER [DATABASE]` answers every frame with ANSWER
characters, so that both directions are as heavy as a demand and its decision. With DATABASE each
frame is committed before it is answered, alone and with FULL.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from licensing.messages import SESSION_PATH
from licensing.sizes import FRAME_BYTES
from runtime.database import open_database
from runtime.schema import Schema

_SCHEMA = Schema(
    version=1, tables="CREATE TABLE frames (number INTEGER PRIMARY KEY, frame TEXT) STRICT;"
)


def serve(port: int, answer: str, keep: Callable[[str], object]) -> None:
    """Serve until terminated; `keep` gets every frame before it is answered."""

    async def converse(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES, compress=False)
        await socket.prepare(request)
        async for frame in socket:
            keep(frame.data)
            await socket.send_str(answer)
        return socket

    application = web.Application()
    application.router.add_get(SESSION_PATH, converse)
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None)


def committing(database: Path) -> Callable[[str], object]:
    """Stores each frame in a transaction of its own."""
    connection = open_database(database, _SCHEMA)
    return lambda frame: connection.execute("INSERT INTO frames (frame) VALUES (?)", (frame,))


if __name__ == "__main__":
    kept = committing(Path(sys.argv[3])) if len(sys.argv) > 3 else len
    serve(int(sys.argv[1]), "x" * int(sys.argv[2]), kept)
