"""The internetwork of a run: sites, the network between them, what is bought, the policies."""

from dataclasses import dataclass
from random import Random  # noqa: TID251 - a stream of the run's seed, made elsewhere
from typing import Any

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.scenario import INTERNET

_MASTER = "hq"
USUAL_LINE = {"bandwidth": "20 Mbit/s", "latency": "15 ms"}

NEVER_ENDS = "LAC-1"
EVALUATION = "LAC-2"
ADD_ON = "LAC-3"

_HUB, _CLOUD = "hub", "mpls"
_PARTS = {_HUB: "routers", _CLOUD: "clouds"}


@dataclass
class DrawnSites:
    """What is played in: `written` as under `internetwork` of a scenario file.

    `links` has the ends of each link by its name, `transit` routers and clouds, `numbers` node and
    subscriber type of each call number. All `opening` orders are activated before anything happens.
    Faults go on for `span_ns`.
    """

    master: str
    written: dict[str, Any]
    links: dict[str, tuple[str, str]]
    transit: list[str]
    opening: list[str]
    policies: dict[str, str]
    numbers: dict[str, tuple[str, str]]
    span_ns: int

    @property
    def nodes(self) -> list[str]:
        """The names of all nodes."""
        return [*self.written["nodes"]]

    @property
    def slaves(self) -> list[str]:
        """All nodes but the master."""
        return [name for name in self.nodes if name != self.master]

    @property
    def orders(self) -> list[str]:
        """What was bought before day 0."""
        return [*self.written["purchase"]]

    @property
    def virtual(self) -> bool:
        """Whether the master is an S in a virtual environment."""
        return self.master not in self.with_hardware

    @property
    def with_hardware(self) -> list[str]:
        """All nodes but those in a virtual environment."""
        return [name for name, node in self.written["nodes"].items() if "virtual" not in node]

    @property
    def names(self) -> set[str]:
        """Those that orders have, and Locking IDs: nothing else may be called like that."""
        locking_ids = (node.get("locking_id", "") for node in self.written["nodes"].values())
        return {*self.orders, *(str(each).upper() for each in locking_ids)}

    def line(self, link: str) -> dict[str, str]:
        """Bandwidth and latency of a link, until a fault changes it and after it."""
        written = self.written["links"][link]
        return {key: str(written[key]) for key in ("bandwidth", "latency")}


def drawn_sites(dice: Random) -> DrawnSites:
    """An internetwork of a master and one to six slaves."""
    count = dice.choices([1, 2, 3, 4, 6], [25, 30, 25, 12, 8])[0]
    slaves = [f"s{number}" for number in range(1, count + 1)]
    links, transit = _network(dice, slaves)
    nodes = {name: _node(dice, place, name) for place, name in enumerate([_MASTER, *slaves])}
    numbers = {
        str(number): (name, group["type"])
        for name, node in nodes.items()
        for group in node["subscribers"]
        for number in _range(group["numbers"])
    }
    span_ns, period = _span(dice, count)
    purchase = _purchase(dice, count, span_ns)
    written = {
        "nodes": nodes,
        **transit,
        "links": {name: _link(name, ends) for name, ends in links.items()},
        "convergence": dice.choice(["0 s", "0 s", "5 s", "30 s"]),
        "purchase": purchase,
    }
    return DrawnSites(
        master=_MASTER,
        written=written,
        links=links,
        transit=[name for part in transit.values() for name in part],
        opening=[order for order in (NEVER_ENDS, EVALUATION) if order in purchase],
        policies={
            "failover_period": period,
            "recovery": dice.choice(_RECOVERIES),
            "seats": dice.choices(["hold", "bounded(2 h)", "reclaim"], [70, 15, 15])[0],
            "expiry_scope": dice.choices(["node", "internetwork"], [80, 20])[0],
        },
        numbers=numbers,
        span_ns=span_ns,
    )


def _link(name: str, ends: tuple[str, str]) -> dict[str, Any]:
    return USUAL_LINE if name == "-".join(ends) else {"joins": list(ends), **USUAL_LINE}


_RECOVERIES = ["full", "recharge", "after_stable(2 h)", "resume"]

_SPANS: list[tuple[int, int, list[str]]] = [
    (30, 12 * HOUR_NS, ["75 min", "2 h", "4 h", "30 days"]),
    (40, DAY_NS, ["2 h", "7 h", "30 days"]),
    (22, 3 * DAY_NS, ["7 h", "1 day", "30 days"]),
    (8, 40 * DAY_NS, ["10 days", "30 days"]),
]
"""How often, how long faults go on, and which failover periods may end in that time."""

_MOST_NODES_OF_A_LONG_RUN = 3


def _span(dice: Random, slaves: int) -> tuple[int, str]:
    """A long run is one of few nodes: none may have more than 300 node-days."""
    spans = [each for each in _SPANS if slaves < _MOST_NODES_OF_A_LONG_RUN or each[1] < 9 * DAY_NS]
    _, span_ns, periods = dice.choices(spans, [weight for weight, _, _ in spans])[0]
    return span_ns, dice.choice(periods)


def _network(
    dice: Random, slaves: list[str]
) -> tuple[dict[str, tuple[str, str]], dict[str, dict[str, Any]]]:
    """The links by name, and routers and clouds as a file has them."""
    shape = dice.choice(["star", "star", "chain", "ring", _HUB, _CLOUD])
    transit: dict[str, dict[str, Any]] = {_PARTS[shape]: {shape: {}}} if shape in _PARTS else {}
    sites = [_MASTER, *slaves]
    if transit:
        pairs = [(shape, site) for site in sites]
    elif shape == "star":
        pairs = [(_MASTER, slave) for slave in slaves]
    else:
        pairs = list(zip(sites, slaves, strict=False))
    if shape == "ring" and len(slaves) > 1:
        pairs.append((slaves[-1], _MASTER))
    links = {"-".join(pair): pair for pair in pairs}
    if dice.random() < 0.5:
        links["lte"] = (dice.choice([_MASTER, *slaves[:-1]]), slaves[-1])
    links[f"{_MASTER}-{INTERNET}"] = (_MASTER, INTERNET)
    return links, transit


def _node(dice: Random, place: int, name: str) -> dict[str, Any]:
    """Of three subscribers; a site may have no trunk, and may forward nothing."""
    prefix = 1000 + 100 * place
    kinds = [("ip-hfa", ["ip"]), ("ip-hfa", ["ip", "voicemail"]), ("sip", ["ip"])]
    if name != _MASTER:
        kinds.append(("up0", ["tdm"]))
    groups = []
    for index in range(2):
        kind, licenses = dice.choice(kinds)
        first = prefix + index * 10
        numbers = f"{first}-{first + 1}" if index == 0 else str(first)
        groups.append({"numbers": numbers, "type": kind, "licenses": licenses})
    trunk = {
        "name": f"itsp-{place}",
        "kind": "itsp",
        "channels": "2",
        "licensed": dice.choice("012"),
    }
    node: dict[str, Any] = {
        "model": "S" if name == _MASTER else "X3",
        "role": "master" if name == _MASTER else "slave",
        "subscribers": groups,
        "trunks": [trunk] if dice.random() < 0.9 else [],
    }
    if name == _MASTER and dice.random() < 0.3:
        node["virtual"] = {
            "host_name": "hq",
            "ip_address": "10.0.0.1",
            "default_gateway": "10.0.0.254",
            "dns_server": "10.0.0.53",
            "time_zone": "Europe/Berlin",
        }
    return node


def _range(numbers: str) -> range:
    first, _, last = numbers.partition("-")
    return range(int(first), int(last or first) + 1)


def _purchase(dice: Random, slaves: int, span_ns: int) -> dict[str, Any]:
    """Enough for all, or not quite; sometimes an order beside it that ends, and one for later.

    Where one `tdm` is bought, others have to stand in for it, or some telephones go without.
    """
    scarce = dice.random() < 0.4
    stations = 2 * slaves if scarce else 3 * (slaves + 1)
    licenses = {
        "base": "1",
        "networking": str(slaves),
        "ip": str(stations),
        "tdm": str(dice.choice([stations, stations, 1])),
        "voicemail": str(stations),
        "itsp": str(slaves if scarce else 2 * (slaves + 1)),
    }
    orders: dict[str, Any] = {NEVER_ENDS: {"licenses": licenses}}
    if dice.random() < 0.3:
        orders[NEVER_ENDS]["flexible"] = "yes"
    if dice.random() < 0.35:
        more = {"ip": "2", "tdm": "2", **({"base": "1"} if dice.random() < 0.3 else {})}
        ends_ns = 10 * HOUR_NS + dice.randrange(1, 10) * span_ns // 10
        orders[EVALUATION] = {"licenses": more, "valid_for": f"{ends_ns // MINUTE_NS} min"}
    elif dice.random() < 0.2:
        ends_ns = 10 * HOUR_NS + dice.randrange(3, 12) * span_ns // 10
        orders[NEVER_ENDS]["valid_for"] = f"{ends_ns // MINUTE_NS} min"
    orders[ADD_ON] = {"licenses": {"ip": "1", "networking": "1"}}
    return orders
