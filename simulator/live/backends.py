"""Which back end a live run gets: what was asked for, or the best that this computer can do."""

from dataclasses import dataclass

from simulator.live.backend import Backend, Unavailable
from simulator.live.namespaces import NamespacesBackend
from simulator.live.proxy import ProxyBackend

BACKENDS: dict[str, type[Backend]] = {
    backend.name: backend for backend in (NamespacesBackend, ProxyBackend)
}
"""By name, the best first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A back end and, in a sentence for the user, why it was taken."""

    backend: type[Backend]
    why: str


def choose(name: str | None = None) -> Choice:
    """The back end of that name, or the best that is to be had here.

    Raises `Unavailable`, with the reason and the way out, where there is none.
    """
    if name is not None and name not in BACKENDS:
        raise Unavailable(f"there is no back end {name!r}, only {' and '.join(BACKENDS)}")
    reasons: list[str] = []
    for backend in [BACKENDS[name]] if name else BACKENDS.values():
        try:
            backend.probe()
        except Unavailable as reason:
            reasons.append(f"not {backend.name}: {reason}")
        else:
            asked = ["as asked for"] if name else []
            return Choice(backend, f"network: {'; '.join([backend.name, *asked, *reasons])}")
    raise Unavailable("; ".join(reasons))
