"""Metrics: facts counted, answers flattened, offered at the administration socket and over TCP."""

import aiohttp
import pytest
from machine import FactList, Machine, free_port
from programs import agent, join, slave
from prometheus_client.parser import text_string_to_metric_families

from licensing.events import (
    ConnectionEstablished,
    LinkHealed,
    NodeEnrolled,
    SessionOpened,
    SessionRefused,
)
from licensing.messages import HEALTH_PATH
from licensing.records import Record
from licensing.words import NodeState, Role
from runtime.http import Api, unix_client
from runtime.metrics import METRICS_PATH, CountingJournal, Gauge, gauges_of, offer_metrics

real = pytest.mark.asyncio(loop_factories=["real"])


class Row(Record):
    """A row of a table."""

    license: str = "ip"
    free: int = 3


class Answer(Record, kw_only=True):
    """What a program says of itself."""

    name: str = "hq"
    state: NodeState = NodeState.FAILOVER
    connected: bool = True
    rest_s: int | None = 60
    nodes: dict[str, Row]
    licenses: list[Row]
    held: dict[str, int]


ANSWER = Answer(nodes={"north": Row(free=1)}, licenses=[Row()], held={"ip": 1})


def numbers(exposition: str) -> dict[str, float]:
    """The samples of a scrape, as a Prometheus server reads them."""
    families = text_string_to_metric_families(exposition)
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for family in families
        for sample in family.samples
    }


def test_an_answer_is_flattened_into_gauges():
    """Truth, words of an enumeration, seconds, and rows with their label; texts are left out."""
    states = [(state.value, float(state is NodeState.FAILOVER)) for state in NodeState]
    assert list(gauges_of(ANSWER, "x")) == [
        *(Gauge("x_state", {"state": state}, value) for state, value in states),
        Gauge("x_connected", {}, 1.0),
        Gauge("x_rest_seconds", {}, 60.0),
        Gauge("x_node_free", {"node": "north"}, 1.0),
        Gauge("x_license_free", {"license": "ip"}, 3.0),
    ]


def test_what_is_not_known_is_no_number():
    """No period runs: there is no rest, not a rest of 0."""
    quiet = Answer(rest_s=None, nodes={}, licenses=[], held={})
    assert not [gauge for gauge in gauges_of(quiet, "x") if gauge.name == "x_rest_seconds"]


def test_facts_are_counted_by_event_and_code_and_passed_on():
    """The journal behind it hears everything, in order."""
    behind = FactList()
    journal = CountingJournal(behind)
    refused = SessionRefused(node="north", code="node-unknown")
    facts = [LinkHealed(link="a"), refused, LinkHealed(link="b")]
    for fact in facts:
        journal.record(fact)
    assert behind.facts == facts
    assert journal.counts == {("link-healed", ""): 2, ("session-refused", "node-unknown"): 1}


@real
async def test_a_scrape_reads_what_a_prometheus_server_expects(tmp_path):
    """Content type, counters with their suffix, gauges, and the process's own figures."""
    host = Machine(tmp_path).host
    host.journal = CountingJournal(host.journal)
    host.journal.record(NodeEnrolled(node="north"))

    async def answer() -> Answer:
        return ANSWER

    api = Api("test", host)
    offer_metrics(api, "x", host, answer)
    async with (
        api.listening_on_unix(host.admin_socket),
        unix_client(host.admin_socket) as admin,
        admin.get(METRICS_PATH) as response,
    ):
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = numbers(await response.text())
    assert found["internetsim_facts_total[('code', ''), ('event', 'node-enrolled')]"] == 1
    assert found["internetsim_x_license_free[('license', 'ip')]"] == 3
    assert found["internetsim_x_state[('state', 'failover')]"] == 1
    assert found["process_open_fds"] > 0


@real
async def test_processes_offer_their_metrics_over_tcp(tmp_path):
    """The CLA's sessions and seats, the node's state and role, facts; and health beside them.

    Nothing else of the administration socket can be reached there.
    """
    port, at = free_port(), [f"127.0.0.1:{free_port()}" for _ in range(2)]
    # A second dial comes after two minutes of the node, and an answer is overdue after five.
    master = agent(tmp_path, port, metrics=at[0], rate=100)
    node = slave(tmp_path, free_port(), metrics=at[1], rate=100)
    async with master.running(), node.running(), aiohttp.ClientSession() as session:
        await join(node, master, f"127.0.0.1:{port}")
        await node.entries(ConnectionEstablished)
        scrapes = []
        for address in at:
            async with session.get(f"http://{address}{METRICS_PATH}") as response:
                scrapes.append(numbers(await response.text()))
            async with session.get(f"http://{address}{HEALTH_PATH}") as response:
                assert (await response.json())["program"] in ("cla", "node")
                assert response.headers["X-Content-Type-Options"] == "nosniff"
            async with session.get(f"http://{address}/v1/state") as response:
                assert response.status == 404
        opened = await master.entries(SessionOpened)
    ours, theirs = scrapes
    assert ours["internetsim_cla_node_connected[('node', 'north')]"] == 1
    assert ours["internetsim_cla_relicensing_required"] == 0
    counted = ours["internetsim_facts_total[('code', ''), ('event', 'session-opened')]"]
    assert 1 <= counted <= len(opened)
    assert theirs["internetsim_node_connected"] == 1
    for state in NodeState:
        expected = float(state is NodeState.ACTIVATION_PERIOD)
        assert theirs[f"internetsim_node_state[('state', '{state}')]"] == expected
    assert theirs[f"internetsim_node_role[('role', '{Role.SLAVE}')]"] == 1
