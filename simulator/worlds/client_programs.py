"""Clients of somebody's own as programs: their files, loaded."""

import hashlib
import inspect
import sys
import traceback
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from types import CodeType, FrameType, ModuleType
from typing import Any, TypeAlias

from licensing.errors import LicensingError
from nodes.system import NodeSettings
from runtime.host import Host
from simulator.loop.failures import ProgramDied
from simulator.loop.tripwire import (
    OWN_CLIENTS,
    NondeterminismError,
    exchange_sources_of_a_client,
    frame_of_a_client,
)
from simulator.network.incarnation import current_host
from simulator.scenario import ClientFile
from simulator.worlds.client_journal import ClientJournal

ServeNode: TypeAlias = Callable[[Host, NodeSettings], Coroutine[Any, Any, None]]
"""Runs a node until it is cancelled, as `nodes.service.serve` does."""

_WANTED = "it needs `async def serve(host, settings)`: see A client of your own in docs/api.md"


_LAST_FRAMES = 3
"""Of a failure that the loop has heard of: those before are the loop's."""


class ClientUnusable(Exception):
    """A file is no client; the message says where, and what it needs."""


def serve_of(client: ClientFile, host: str = "") -> ServeNode:
    """What a client's file calls `serve`, loaded anew: a process begins with empty memory.

    `host` is where it is to run, which has a module of its own. Raises `ClientUnusable`.
    """
    module = _loaded(client, host)
    serve = getattr(module, "serve", None)
    if not inspect.iscoroutinefunction(serve):
        raise ClientUnusable(f"{client.path}: {_WANTED}")
    wanting = _refused(serve)
    if wanting:
        raise ClientUnusable(f"{client.path}: {wanting}; {_WANTED}")
    found: ServeNode = serve
    return found


async def serve_client(client: ClientFile, host: Host, settings: NodeSettings) -> None:
    """Run a client in the place of a node.

    Raises `ProgramDied` with its last words where it fails, or returns before it is cancelled; what
    a node may raise, and what ends a run that is not repeatable, is raised as it is.
    """
    host.journal = ClientJournal(host.journal, host.name, client.path)
    try:
        await serve_of(client, host.name)(host, settings)
    except (LicensingError, NondeterminismError):
        raise
    except (Exception, SystemExit) as error:
        words = "".join(traceback.format_exception(error)).rstrip()
        raise ProgramDied(f"the client of {host.name} has failed:\n{words}") from error
    raise ProgramDied(
        f"the client of {host.name} has returned: serve in {client.path} runs until it is cancelled"
    )


def require_not_left_behind(clients: Mapping[str, ClientFile], error: Exception) -> None:
    """Raise `ProgramDied` where `error` is that of a task or a callback that a client has made."""
    for client in clients.values():
        if _lines(client, error):
            words = "".join(traceback.format_exception(error, limit=-_LAST_FRAMES)).rstrip()
            what = f"a task or a callback of the client {client.path} has failed"
            raise ProgramDied(f"{what}, and nobody has awaited it:\n{words}") from error


def where_a_client_stands(frame: FrameType | None) -> str:
    """In words, where the code of a client is at work in `frame`; "" where it is not."""
    found = frame_of_a_client(frame)
    playing = current_host.get()
    if found is None or playing is None:
        return ""
    place = f"{found.f_code.co_filename}:{found.f_lineno}"
    return f"the client of {playing.host_name} blocks: {place} is where it stood"


def _loaded(client: ClientFile, host: str) -> ModuleType:
    """Its module, under a name that no other has: its classes may be looked up by it.

    What it has got of a source of time or chance, from whichever module, is held to the tripwire.
    """
    content = hashlib.sha256(f"{client.path}\n{client.text}\n{host}".encode()).hexdigest()
    module = ModuleType(f"{OWN_CLIENTS}.{content[:16]}")
    module.__file__ = client.path
    sys.modules[module.__name__] = module
    try:
        exec(_compiled(client), module.__dict__)  # noqa: S102 - asked for by who calls
    except SyntaxError as error:
        raise ClientUnusable(f"{client.path}:{error.lineno or 1}: {error.msg}") from error
    except NondeterminismError:
        raise
    except ModuleNotFoundError as error:
        way_out = f"{_in_words(error)}; name the folder that it is in with PYTHONPATH"
        raise ClientUnusable(f"{_place(client, error)}: {way_out}") from error
    except (Exception, SystemExit) as error:
        raise ClientUnusable(f"{_place(client, error)}: {_in_words(error)}") from error
    exchange_sources_of_a_client(module)
    return module


@cache
def _compiled(client: ClientFile) -> CodeType:
    """The one thing that is the same at each start, for it cannot change."""
    return compile(client.text, client.path, "exec", dont_inherit=True)


def _refused(serve: ServeNode) -> str:
    """Why it cannot be called with a host and settings; "" where it can."""
    try:
        inspect.signature(serve).bind(None, None)
    except TypeError as error:
        return f"serve cannot be called with a host and settings ({error})"
    return ""


def _place(client: ClientFile, error: BaseException) -> str:
    """The last line of the file itself that was reached."""
    lines = _lines(client, error)
    return f"{client.path}:{lines[-1]}" if lines else client.path


def _lines(client: ClientFile, error: BaseException) -> list[int | None]:
    """Those of the file itself on the way to an error."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame.lineno for frame in frames if frame.filename == client.path]


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
