"""Work on a Dask cluster that is there already; the extra `dask` brings what it takes.

A worker that is killed loses nothing and doubles nothing: the scheduler gives its batches to
another one, and each batch has one result here. Every worker needs the programs of this process. It
does one batch at a time, however many threads it has, for a run wants its process to itself.
"""

import hashlib
import re
import threading  # noqa: TID251 - of the cluster's own threads one at a time is let in
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from internetsim.own_packages import HOME, PACKAGES
from simulator.spread.in_order import Batch, Result, in_order
from simulator.spread.no_workers import NoWorkers

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"((tcp|tls)://)?[^/\s]+:[0-9]{1,5}")
_ANSWER_S = 10
_FEWEST_UNDER_WAY = 8
_UNDER_WAY_EACH = 2
_ALONE = threading.Lock()


class DaskCluster:
    """The workers of one scheduler."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._under_way: set[Any] = set()

    def __call__(
        self, work: Callable[[Batch], Result], batches: Iterable[Batch]
    ) -> Iterator[Result]:
        """The result of each batch, in their order; raises `NoWorkers` where nobody does it."""
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 - an extra

        most = max(_FEWEST_UNDER_WAY, _UNDER_WAY_EACH * len(self._client.nthreads()))
        try:
            yield from in_order(
                partial(self._submit, partial(_worked, work, programs())), batches, most
            )
        except KilledWorker as error:
            raise NoWorkers(
                f"one worker of the cluster after another was killed: {error}"
            ) from error
        except ModuleNotFoundError as error:
            raise NoWorkers(
                f"a worker of the cluster does not have internetsim: {error}"
            ) from error

    def _submit(self, work: Callable[[Batch], Result], batch: Batch) -> Any:  # noqa: ANN401
        # The cluster would take equal batches for one, and give an earlier result again.
        future = self._client.submit(work, batch, pure=False)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def end(self) -> None:
        """Take back what is not done; what a worker is at it does to its end."""
        self._client.cancel(list(self._under_way))
        self._client.close()


@contextmanager
def dask_cluster(address: str) -> Iterator[DaskCluster]:
    """The workers of the scheduler at `address`, such as `tcp://10.0.0.1:8786`.

    Raises `NoWorkers` where there are none.
    """
    cluster = DaskCluster(_connected(address))
    try:
        yield cluster
    finally:
        cluster.end()


def _connected(address: str) -> "Client":
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        what = "--dask takes the package `distributed`: install internetsim[dask]"
        raise NoWorkers(what) from error
    if not _ADDRESS.fullmatch(address):
        raise NoWorkers(f"--dask {address}: a scheduler has an address such as tcp://10.0.0.1:8786")
    try:
        client = Client(address, timeout=_ANSWER_S, set_as_default=False)
    except OSError as error:
        raise NoWorkers(f"--dask {address}: no scheduler answers there") from error
    try:
        client.wait_for_workers(1, timeout=_ANSWER_S)
    except TimeoutError as error:
        client.close()
        raise NoWorkers(f"--dask {address}: the scheduler has no worker") from error
    return client


@cache
def programs() -> str:
    """What two processes have in common exactly when their programs are the same."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((HOME / package).rglob("*.py")):
            digest.update(f"{path.relative_to(HOME)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _worked(work: Callable[[Batch], Result], asked_of: str, batch: Batch) -> Result:
    if programs() != asked_of:
        raise NoWorkers("a worker of the cluster has another version of internetsim")
    with _ALONE:
        return work(batch)
