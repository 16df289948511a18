"""Clients of somebody's own: which program stands in the place of which node.

They are named in the call, and never in a scenario: a scenario is data, and nobody who plays a
foreign one runs a foreign program.
"""

import shlex
from collections.abc import Container, Mapping
from pathlib import Path

import msgspec

from licensing.words import Role


class ClientFile(msgspec.Struct, frozen=True):
    """A file of Python with `async def serve(host, settings)`, and its `text` when it was read."""

    path: str
    text: str


class OwnClients(msgspec.Struct, frozen=True):
    """Clients for the nodes of these names, and one for all other nodes that begin as slaves."""

    by_node: Mapping[str, ClientFile] = msgspec.field(default_factory=dict)
    of_slaves: ClientFile | None = None

    def __bool__(self) -> bool:
        return bool(self.by_node or self.of_slaves)

    @property
    def words(self) -> list[str]:
        """As the call has them: `NODE=FILE`, or the file alone."""
        named = [f"{node}={client.path}" for node, client in self.by_node.items()]
        return [*named, *([self.of_slaves.path] if self.of_slaves else [])]

    @property
    def options(self) -> str:
        """The options of the call, each with a blank before it; "" where there is none."""
        return "".join(f" --client {shlex.quote(word)}" for word in self.words)

    @property
    def files(self) -> list[Path]:
        """Those that were read."""
        clients = [*self.by_node.values(), *([self.of_slaves] if self.of_slaves else [])]
        return [Path(client.path) for client in clients]

    def among(self, nodes: Container[str]) -> "OwnClients":
        """Those that are named for one of the `nodes`, and the one of all slaves."""
        by_node = {node: client for node, client in self.by_node.items() if node in nodes}
        return OwnClients(by_node, self.of_slaves)

    def in_place_of(self, nodes: Mapping[str, Role]) -> dict[str, ClientFile]:
        """By name, the client of each of the `nodes`, of which the roles at the start are given."""
        slaves = [name for name, role in nodes.items() if role is Role.SLAVE]
        by_slave = dict.fromkeys(slaves, self.of_slaves) if self.of_slaves else {}
        return by_slave | {name: self.by_node[name] for name in nodes if name in self.by_node}


NO_CLIENTS = OwnClients()
"""All programs are ours."""
