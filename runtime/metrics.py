"""Metrics for Prometheus, without a line of arithmetic in the programs.

Counters are the facts that a program journals; gauges are what its own operations ("at a glance")
answer at the moment of the scrape, flattened. Nothing is kept beyond the counts.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from licensing.events import Fact
from licensing.messages import HEALTH_PATH
from licensing.records import Record
from runtime.host import Host, Journal
from runtime.http import Api, listen_on_tcp, take_at_its_word, unix_client

if TYPE_CHECKING:
    from prometheus_client import Metric

METRICS_PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class CountingJournal:
    """Passes facts on and counts them by event and by the error code that they carry, if any."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counts: Counter[tuple[type[Fact], str]] = Counter()

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """How many there were of each event and code."""
        counts = self._counts.items()
        return {(str(kind.__struct_config__.tag), code): count for (kind, code), count in counts}

    def record(self, *facts: Fact) -> None:
        """Count `facts`, and hand them on to the journal behind."""
        self._counts.update((type(fact), getattr(fact, "code", "")) for fact in facts)
        self._journal.record(*facts)


def offer_metrics(
    api: Api, program: str, host: Host, *operations: Callable[[], Awaitable[Record]]
) -> None:
    """Answer GET `/metrics` with the host's facts and the answers of `operations` as gauges."""

    async def scrape() -> bytes:
        """Facts counted and gauges read now, for Prometheus."""
        answers = [await operation() for operation in operations]
        gauges = [gauge for answer in answers for gauge in gauges_of(answer, program)]
        counts = host.journal.counts if isinstance(host.journal, CountingJournal) else {}
        return _exposition(_Scrape(counts, gauges))

    api.get_bytes(METRICS_PATH, CONTENT_TYPE, scrape)


@asynccontextmanager
async def metrics_on_tcp(host: Host, address: str, port: int) -> AsyncIterator[None]:
    """Offer metrics and health at a TCP address, too, for the time of the block.

    Both are asked for at the program's administration socket; nothing else of it is passed on.
    """

    async def pass_on(request: web.Request) -> web.Response:
        try:
            async with unix_client(host.admin_socket) as admin, admin.get(request.path) as answer:
                kind = {"Content-Type": answer.headers["Content-Type"]}
                return web.Response(status=answer.status, body=await answer.read(), headers=kind)
        except (aiohttp.ClientError, OSError):
            raise web.HTTPServiceUnavailable(text="the program does not answer") from None

    application = web.Application()
    application.on_response_prepare.append(take_at_its_word)
    for path in (METRICS_PATH, HEALTH_PATH):
        application.router.add_get(path, pass_on)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        tls = host.tls.server if host.tls else None
        await listen_on_tcp(runner, address, port, tls)
        yield
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number, with the labels that tell it from others of its name."""

    name: str
    labels: dict[str, str]
    value: float


def gauges_of(record: Record, prefix: str, labels: dict[str, str] | None = None) -> Iterator[Gauge]:
    """The numbers in `record`, named after its fields.

    Truth is 1 or 0, a word of an enumeration 1 for the one that holds and 0 for the others. Rows
    of a table are distinguished by their key, or by the field that is called like one of them:
    `licenses: list[LicenseRow]` gives `..._license_free{license="ip"}`. Texts are left out.
    """
    labels = labels or {}
    for field in record.__struct_fields__:
        value, name = getattr(record, field), f"{prefix}_{field}"
        row = field.removesuffix("s")
        match value:
            case StrEnum():
                for word in type(value):
                    yield Gauge(name, {**labels, field: word.value}, float(word is value))
            case bool() | int() | float():
                yield Gauge(_in_seconds(name), labels, float(value))
            case dict() | list():
                for key, item in _rows(value, row):
                    yield from gauges_of(item, f"{prefix}_{row}", {**labels, row: key})


def _rows(table: dict[str, Any] | list[Any], label: str) -> Iterator[tuple[str, Record]]:
    """The records of a table, each with what it is called by."""
    if isinstance(table, dict):
        yield from ((key, item) for key, item in table.items() if isinstance(item, Record))
    else:
        yield from ((getattr(row, label, ""), row) for row in table if isinstance(row, Record))


def _in_seconds(name: str) -> str:
    return name.removesuffix("_s") + "_seconds" if name.endswith("_s") else name


class _Scrape:
    """One scrape, as a collector of `prometheus_client`."""

    def __init__(self, counts: dict[tuple[str, str], int], gauges: list[Gauge]) -> None:
        self._counts = counts
        self._gauges = gauges

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import (  # noqa: PLC0415 - a scrape may wait, a start may not
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        facts = CounterMetricFamily(
            "internetsim_facts", "Facts journaled since the start.", labels=["event", "code"]
        )
        for (event, code), count in self._counts.items():
            facts.add_metric([event, code], count)
        yield facts
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._gauges:
            name = f"internetsim_{gauge.name}"
            if name not in families:
                words = f"{gauge.name.replace('_', ' ')}, as the program states it."
                families[name] = GaugeMetricFamily(name, words, labels=list(gauge.labels))
            families[name].add_metric(list(gauge.labels.values()), gauge.value)
        yield from families.values()


def _exposition(scrape: _Scrape) -> bytes:
    from prometheus_client import (  # noqa: PLC0415 - a scrape may wait, a start may not
        CollectorRegistry,
        ProcessCollector,
        generate_latest,
    )

    registry = CollectorRegistry()
    registry.register(scrape)
    ProcessCollector(registry=registry)
    return generate_latest(registry)
