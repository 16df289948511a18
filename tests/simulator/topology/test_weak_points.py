"""Who is lost with which single failure, and what `check` says of a network without a timeline."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cli.app import main
from simulator.scenario import Internetwork, parse_scenario
from simulator.topology.weak_points import WeakPoint, unreached, weak_points


def network(*links: str, transit: str = "", closed: str = "", master: str = "hq") -> Internetwork:
    """Sites and routers named by the links between them; `closed` sites do not forward."""
    ends = dict.fromkeys(end for link in links for end in link.split("-"))
    sites = [end for end in ends if end not in transit.split() and end != "internet"]
    nodes: dict[str, Any] = {}
    for index, name in enumerate(sites):
        role = "standalone" if not master else "master" if name == master else "slave"
        group = {"numbers": f"{2000 + index}", "type": "sip", "licenses": ["ip"]}
        nodes[name] = {"model": "S", "role": role, "subscribers": [group]}
        nodes[name] |= {"forwards": False} if name in closed.split() else {}
    line = {"bandwidth": "1 Mbit/s", "latency": "1 ms"}
    data = {
        "title": "A network",
        "about": "Its weak points.",
        "start": "2026-03-02 08:00",
        "seed": "1",
        "internetwork": {
            "nodes": nodes,
            "routers": {name: {} for name in transit.split()},
            "links": dict.fromkeys(links, line),
            "purchase": {"LAC-1": {"base": 1, "networking": 1, "ip": 4}},
        },
    }
    return parse_scenario(data).internetwork


def points(internetwork: Internetwork) -> list[tuple[str, str, str]]:
    """Kind, name, and who is lost, as text."""
    found = weak_points(internetwork)
    return [(point.kind, point.name, " ".join(point.lost)) for point in found]


def test_a_chain() -> None:
    """Who goes over others is lost with each of them; the license server counts, too."""
    assert points(network("hq-a", "a-b", "hq-internet")) == [
        ("link", "hq-a", "a b"),
        ("link", "a-b", "b"),
        ("link", "hq-internet", "internet"),
        ("site", "a", "b"),
    ]


def test_a_ring_has_none() -> None:
    """But a ring whose sites do not forward is none."""
    ring = ("hq-a", "a-b", "b-hq")
    assert points(network(*ring, "hq-internet")) == [("link", "hq-internet", "internet")]
    assert points(network(*ring, "hq-internet", closed="a b")) == [
        ("link", "hq-a", "a"),
        ("link", "b-hq", "b"),
        ("link", "hq-internet", "internet"),
    ]
    chain = network("hq-a", "a-b", "hq-internet", closed="a")
    assert unreached(chain) == ["b"]
    assert ("site", "a", "b") not in points(chain)


def test_a_router_with_two_lines() -> None:
    """The router is the weak point, and neither of its lines."""
    found = points(network("hq-r", "hq-s", "s-r", "r-a", "hq-internet", transit="r s"))
    assert ("router", "r", "a") in found
    assert ("link", "r-a", "a") in found
    assert not {"hq-r", "hq-s", "s-r", "s"} & {name for _, name, _ in found}


def test_without_a_master() -> None:
    """Systems that each have a license file of their own reach the license server."""
    alone = network("a-internet", "b-a", master="")
    assert ("link", "a-internet", "a b") in points(alone)


LINKS = st.lists(
    st.sampled_from(
        ["hq-a", "hq-b", "hq-c", "a-b", "a-c", "b-c", "c-d", "d-internet", "a-internet"]
    ),
    min_size=3,
    unique=True,
)


@given(LINKS)
@settings(max_examples=40, deadline=None)
def test_no_weak_point_is_missing(links: list[str]) -> None:
    """Each link taken away for itself loses whom it is said to lose, and no other loses anybody."""
    whole = network("hq-a", *[link for link in links if link != "hq-a"])
    said = {point.name: point.lost for point in weak_points(whole) if point.kind == "link"}
    for link in whole.links:
        rest = whole.model_copy(
            update={"links": {name: each for name, each in whole.links.items() if name != link}}
        )
        lost = [name for name in unreached(rest) if name not in unreached(whole)]
        assert said.get(link, ()) == tuple(lost)


def test_check_of_an_internetwork_for_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sites, licenses assigned and bought, weak points; a file that ends there is no mistake."""
    file = tmp_path / "net.yaml"
    line = "{bandwidth: 1 Mbit/s, latency: 1 ms}"
    file.write_text(
        f"""title: For itself
about: Nothing happens.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {{model: S, role: master, subscribers: [{{numbers: 200-204, type: sip, licenses: [ip]}}],
         trunks: [{{name: itsp-1, kind: itsp, channels: 2}}]}}
    a: {{model: S, role: slave, subscribers: [{{numbers: 300, type: sip, licenses: [ip]}}],
        trunks: [{{name: itsp-1, kind: itsp, channels: 2}}]}}
  links:
    hq-a: {line}
    hq-internet: {line}
  purchase:
    LAC-1: {{base: 1, networking: 1, ip: 5, itsp: 4}}
"""
    )
    assert main(["check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "  hq  OpenScape Business S  master  200-204 sip; trunks itsp-1 (2 x itsp)\n" in out
    assert "IP User              6       5\n" in out
    assert "  link  hq-a         a\n  link  hq-internet  the license server\n" in out
    assert "more licenses assigned than bought: 6 x IP User assigned, 5 bought" in out
    assert out.splitlines()[-1] == "1 scenario can be played, 1 warning"


def test_a_weak_point_is_data() -> None:
    """Reports and rooms to come take it as it is."""
    (point, *_) = weak_points(network("hq-a"))
    assert point == WeakPoint("link", "hq-a", ("a",))
