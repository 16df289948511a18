"""One text of promises, kept by the simulator, by the proxies and by the kernel's namespaces."""

import pytest
from promises import CUTS, OTHER_FAULTS
from three_worlds import Promise, direct, proxied, relayed, virtual

from simulator.live.backend import Unavailable
from simulator.live.namespaces import NamespacesBackend


def _named(promise: Promise) -> str:
    return promise.__name__  # type: ignore[attr-defined,no-any-return]


all_faults = pytest.mark.parametrize("promise", CUTS + OTHER_FAULTS, ids=_named)
cuts_only = pytest.mark.parametrize("promise", CUTS, ids=_named)
real = pytest.mark.asyncio(loop_factories=["real"])


@pytest.fixture
def namespaces() -> None:
    """Skip, with the reason in words, where the kernel or its tools cannot."""
    try:
        NamespacesBackend.missing()
    except Unavailable as reason:
        pytest.skip(f"no namespaces: {reason}")


@all_faults
async def test_virtual(promise: Promise) -> None:
    """The simulator keeps the promise."""
    async with virtual() as world:
        await promise(world)


@real
@all_faults
async def test_proxy(promise: Promise) -> None:
    """The proxies keep the promise."""
    async with proxied() as world:
        await promise(world)


@real
@cuts_only
@pytest.mark.usefixtures("namespaces")
async def test_namespaces_direct(promise: Promise) -> None:
    """A bare pair of veths keeps what is promised about cuts."""
    async with direct() as world:
        await promise(world)


@real
@all_faults
@pytest.mark.usefixtures("namespaces")
async def test_namespaces_relayed(promise: Promise) -> None:
    """A link with relays at its far ends keeps the promise."""
    async with relayed() as world:
        await promise(world)
