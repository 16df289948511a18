"""The option `--client`: programs of somebody's own in the place of nodes."""

from collections.abc import Sequence
from pathlib import Path

from simulator.cli.wrong_call import WrongCall
from simulator.scenario import ClientFile, OwnClients
from simulator.worlds.client_programs import ClientUnusable, serve_of


def own_clients(said: Sequence[str]) -> OwnClients:
    """The clients that a call names; raises `WrongCall` where one cannot be played."""
    by_node: dict[str, ClientFile] = {}
    of_slaves: list[ClientFile] = []
    for word in said:
        node, equals, path = _parted(word)
        if not path or (equals and not node):
            raise WrongCall(f"--client {word or repr(word)}: say FILE or NODE=FILE")
        client = _client(path, word)
        if not equals:
            of_slaves.append(client)
        elif node in by_node:
            raise WrongCall(f"--client {word}: {node} has a client already, {by_node[node].path}")
        else:
            by_node[node] = client
    if len(of_slaves) > 1:
        raise WrongCall(f"--client {said[-1]}: one client stands for all slaves; say NODE=FILE")
    return OwnClients(by_node, *of_slaves)


def _parted(word: str) -> tuple[str, str, str]:
    """The node, the sign and the path; a slash before the sign belongs to the path of a file."""
    node, equals, path = word.partition("=")
    return ("", "", word) if not equals or "/" in node else (node, equals, path)


def _client(path: str, word: str) -> ClientFile:
    """The file, which can be loaded; `word` is what the call says."""
    try:
        client = ClientFile(path, Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongCall(f"--client {word}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or no path at all
        raise WrongCall(f"--client {word}: cannot be read: {error}") from error
    try:
        serve_of(client)
    except ClientUnusable as error:
        raise WrongCall(f"--client {error}") from error
    return client
