"""GraphML in and out: the Zoo's, other tools', and our own, which stays the same internetwork."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.runs.play import play
from simulator.scenario import Scenario, load_scenario, parse_scenario, warnings_of
from simulator.scenario.expansion.named_values import to_the_letter
from simulator.scenario.steps.expectations import Expect
from simulator.topology.drawing import Unreadable
from simulator.topology.graphml import read_graphml
from simulator.topology.graphml_export import to_graphml
from simulator.topology.importer import MOST_BYTES, Imported, imported
from simulator.topology.mermaid import to_mermaid


def graphml(graph: Any) -> bytes:
    """What networkx writes of a graph."""
    return "\n".join(nx.generate_graphml(graph)).encode()


def drawn(*lines: tuple[str, str, dict[str, Any]], directed: bool = False, **whole: str) -> bytes:
    """A graph of these lines."""
    graph = nx.MultiDiGraph(**whole) if directed else nx.MultiGraph(**whole)
    for one, other, data in lines:
        graph.add_edge(one, other, **data)
    return graphml(graph)


def of_topohub(key: str) -> bytes:
    """A topology of topohub as GraphML, with all that GraphML can hold of it."""
    text = (resources.files("topohub") / f"data/{key}.json").read_text()
    topology = json.loads(text)  # its own `get` leaves the file open
    graph = nx.Graph(name=topology["graph"]["name"])
    for node in topology["nodes"]:
        name = {"name": node["name"]} if node.get("name") else {}
        graph.add_node(node["id"], pos=str(tuple(node["pos"])), **name)
    for edge in topology["edges"]:
        graph.add_edge(edge["source"], edge["target"], dist=edge["dist"])
    return graphml(graph)


QUIRKS = {
    "topozoo/Abilene": "names have letters, digits and `-` only: 'New York' is New-York",
    "topozoo/Arpanet19719": "2 lines of length zero: 0.1 ms",
    "topozoo/BtEurope": "'London' is London-2",
    "topozoo/Garr199904": "4 with the name of another one",
    "topozoo/Oxford": "1 line of length zero: 0.1 ms",
    "sndlib/atlanta": "its coordinates are no degrees (a drawing's, perhaps)",
    "sndlib/di-yuan": "and so are lengths, which may be computed from them",
    "sndlib/newyork": "no latency of any line: 5 ms",
    "sndlib/nobel-us": "latency of every line from lengths or places: 5 us a km",
    "sndlib/pdh": "N2 is the master, the best connected one (8 lines)",
    "gabriel/10/0": "its coordinates are no degrees",
    "backbone/africa": "244 without a name, called by their keys: 6272",
}
"""Topologies of topohub, and what is to be said of each besides that it has no bandwidths."""


PLAYED_UP_TO = 30
"""So many sites; more take longer, and have nothing new."""


def holds_with_what_it_buys(scenario: Scenario) -> None:
    """Its first day ends as it expects, and all that is bought is in use but the base license."""
    result = play(scenario)
    assert result.holds
    (table,) = result.licenses.values()
    assert {row.license for row in table.licenses if row.bought != row.in_use} == {"base"}


def same_as_its_text(done: Imported) -> Scenario:
    """The scenario that the text makes, which is the one that was imported."""
    read = parse_scenario(done.text, "imported.yaml")
    assert read.internetwork == done.scenario.internetwork
    return read


@pytest.mark.parametrize("key", QUIRKS)
def test_a_topology_passes_check_and_runs(key: str) -> None:
    """With all its quirks, each of which is said; nothing is left to warn of."""
    done = imported(of_topohub(key), f"{key}.graphml")
    scenario = same_as_its_text(done)
    assert scenario.timeline
    assert warnings_of(scenario) == []
    assert any(QUIRKS[key] in remark for remark in done.remarks)
    assert "no bandwidth of any line: 100 Mbit/s" in done.remarks
    if len(scenario.internetwork.nodes) <= PLAYED_UP_TO:
        holds_with_what_it_buys(scenario)


def test_speeds_and_places_of_the_zoo() -> None:
    """Speeds have their unit in an attribute of its own; a capacity without one is not used."""
    fast = {"LinkSpeed": "2.5", "LinkSpeedUnits": "G", "LinkLabel": "2.5 Gbps"}
    raw = {"LinkSpeedRaw": 155_000_000.0, "latency": "12 ms", "capacity": 7}
    graph = nx.MultiGraph(Network="Zoo")
    graph.add_node("0", label="Köln", Longitude=6.95, Latitude=50.93)
    graph.add_node("1", label="Bonn", Longitude=7.1, Latitude=50.73)
    graph.add_edge("0", "1", **fast)
    graph.add_edge("0", "1", **raw)
    graph.add_edge("1", "2", capacity=40)
    done = imported(graphml(graph), "zoo.graphml")
    internetwork, links = done.scenario.internetwork, done.scenario.internetwork.links
    assert done.scenario.title == "Zoo"
    assert internetwork.nodes["Koln"].place == (6.95, 50.93)
    assert [link.bandwidth for link in links.values()][:3] == [2_500_000_000, 155_000_000, 10**8]
    assert [link.latency for link in links.values()][:3] == [120_000, 12_000_000, 5_000_000]
    assert [*links] == ["Koln-Bonn", "line-1", "Bonn-2", "Koln-internet"]
    unused = "`capacity` of 1 of 3 lines has no unit that is known ('40'): not used"
    assert unused in done.remarks
    assert "no bandwidth of 1 of 3 lines: 100 Mbit/s" in done.remarks
    assert any("Koln is the master, the site whose lines carry most" in r for r in done.remarks)


def test_parts_loops_and_directions() -> None:
    """Parts are joined, loops left out, two opposite directions are one line; all is said."""
    lines = [("a", "b", {}), ("b", "a", {}), ("b", "b", {}), ("c", "d", {}), ("d", "c", {})]
    done = imported(drawn(*lines, directed=True), "x.graphml")
    assert [*done.scenario.internetwork.links] == ["a-b", "c-d", "a-c", "a-internet"]
    assert done.remarks[:4] == (
        "its lines have directions: opposite ones that do not differ are one line",
        "4 without a name, called by their keys: a, b, c and 1 more",
        "1 line from a site to itself left out: b",
        "2 parts without a line between them: joined by a to c",
    )


MPLS, LTE = {"label": "10 Mbit/s, 20 ms"}, {"label": "LTE, 5 Mbit/s"}


@pytest.mark.parametrize(
    ("there", "back", "joined"),
    [
        ([MPLS], [LTE], {"a-b": 10, "line-1": 5}),
        ([MPLS], [MPLS], {"a-b": 10}),
        ([MPLS], [{}], {"a-b": 10}),
        ([{}], [MPLS], {"a-b": 10}),
        ([MPLS, LTE], [LTE, MPLS], {"a-b": 10, "line-1": 5}),
        ([{}, MPLS], [MPLS, LTE], {"a-b": 5, "line-1": 10}),
        ([MPLS, MPLS], [{}], {"a-b": 10, "line-1": 10}),
        ([{"label": "east"}], [{"label": "west"}], {"a-b": 100, "line-1": 100}),
    ],
)
def test_a_second_line_may_point_the_other_way(
    there: list[dict[str, str]], back: list[dict[str, str]], joined: dict[str, int]
) -> None:
    """Opposite lines are one where they say the same or one says nothing; no other line is lost.

    By link, what it carries in Mbit/s.
    """
    lines = [*(("a", "b", data) for data in there), *(("b", "a", data) for data in back)]
    done = imported(drawn(*lines, directed=True), "x.graphml", master="a")
    links = same_as_its_text(done).internetwork.links
    carried = {name: link.bandwidth // 10**6 for name, link in links.items()}
    assert carried == {**joined, "a-internet": 1000}


def test_names_that_could_mean_two_links() -> None:
    """A link says what it joins where its name alone would not."""
    lines = [("a", "b-c", {}), ("a-b", "c", {}), ("a", "a-b", {})]
    done = imported(drawn(*lines), "x.graphml", master="a")
    links = done.scenario.internetwork.links
    assert {frozenset(link.ends) for link in links.values()} == {
        frozenset(pair) for pair in (("a", "b-c"), ("a-b", "c"), ("a", "a-b"), ("a", "internet"))
    }
    same_as_its_text(done)


NESTED = b"""<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="l" for="node" attr.name="label" attr.type="string"/>
<graph edgedefault="undirected">
  <node id="hq"><port name="east"/></node>
  <node id="north"><data key="l">The North</data><graph edgedefault="undirected">
    <node id="north::a"><data key="l">Kiel</data></node><node id="north::b"/>
    <edge source="north::a" target="north::b"/>
  </graph></node>
  <edge source="hq" target="north::a" sourceport="east"/>
</graph>
<graph edgedefault="undirected"><node id="other"/></graph>
</graphml>"""


def test_groups_and_further_graphs() -> None:
    """What is drawn inside a group is taken, the group is not; a second graph is left out."""
    done = imported(NESTED, "x.graphml", master="hq")
    assert [*done.scenario.internetwork.nodes] == ["hq", "Kiel", "north-b"]
    assert [*done.scenario.internetwork.links] == ["hq-Kiel", "Kiel-north-b", "hq-internet"]
    assert done.remarks[:2] == (
        "it has 2 graphs: the first one is taken",
        "1 group without a line: left out, what is inside is not",
    )


DEFAULTS = b"""<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="b" for="edge" attr.name="Bandwidth" attr.type="string"><default>2 Mbit/s</default></key>
<key id="d" attr.name="delay" attr.type="string"><default>7 ms</default></key>
<key id="l" for="node" attr.name="label" attr.type="string"><default xml:space="preserve"/></key>
<key id="f" for="node" attr.name="floors" attr.type="int"><default/></key>
<graph edgedefault="undirected">
  <node id="hq"/><node id="north"/>
  <edge source="hq" target="north"/>
  <edge source="hq" target="north"><data key="b"><![CDATA[10]]><!-- leased --> Mbit/s</data></edge>
</graph></graphml>"""


def test_defaults() -> None:
    """What a key says holds where an element says nothing; an empty default, as of yEd, is none.

    CDATA and text around a comment say something: not every reader of GraphML takes them
    (`findings/rustworkx-takes-the-default-for-cdata.sh`).
    """
    done = imported(DEFAULTS, "x.graphml", master="hq")
    assert [*done.scenario.internetwork.nodes] == ["hq", "north"]
    first, second, _ = done.scenario.internetwork.links.values()
    assert (first.bandwidth, second.bandwidth) == (2_000_000, 10_000_000)
    assert first.latency == second.latency == 7_000_000


@pytest.mark.parametrize(
    ("label", "bandwidth", "latency"),
    [
        ("10 Mbit/s", 10_000_000, 5_000_000),
        ("20 ms / 2.5 Mbps", 2_500_000, 20_000_000),
        ("MPLS\n1 Gbit/s, 700 us", 1_000_000_000, 700_000),
        ("DSL, 30 m", 100_000_000, 5_000_000),
        ("10", 100_000_000, 5_000_000),
    ],
)
def test_what_is_written_at_a_line(label: str, bandwidth: int, latency: int) -> None:
    """With its unit it is taken, as yEd's drawings have it; a length of cable is no time."""
    done = imported(drawn(("hq", "north", {"label": label})), "x.graphml", master="hq")
    link = done.scenario.internetwork.links["hq-north"]
    assert (link.bandwidth, link.latency) == (bandwidth, latency)


ENTITY = (
    b'<!DOCTYPE g [<!ENTITY a "aaaa">]><graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>'
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ENTITY, "it declares entities"),
        (ENTITY.decode().encode("utf-16"), "it declares entities"),
        (b"<graphml" + b" " * MOST_BYTES, "it is larger than 20 MB"),
        (b"<graphml>\n<a></graphml>", "line 2, column 6: this is no XML: mismatched tag"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "this XML is no GraphML that can be read"),
        (drawn(), "there is no node in it"),
        (drawn(("a", "b", {"latency_ns": "soon"})), "an attribute is not of its kind"),
    ],
)
def test_what_is_refused(content: bytes, words: str) -> None:
    """What may be endless is refused before it is parsed, and what is none is called by name."""
    with pytest.raises(Unreadable, match=words):
        imported(content, "x.graphml")


def test_a_value_that_no_scenario_can_have(tmp_path: Path) -> None:
    """The rules of scenarios hold for what is imported, too."""
    graph = nx.Graph()
    graph.add_node("a", model="X9")
    with pytest.raises(Exception, match=r"internetwork\.nodes\.a\.model: 'X9' is not a model"):
        imported(graphml(graph), "x.graphml")


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_exported_comes_back(path: Path) -> None:
    """Each shipped internetwork is the same one, nothing is assumed, and the title is kept."""
    scenario = load_scenario(path)
    done = imported(to_graphml(scenario).encode(), "x.graphml")
    assert done.scenario.internetwork == scenario.internetwork
    assert same_as_its_text(done).title == scenario.title
    assert done.remarks == ()


def test_what_is_drawn_beside_an_export_buys_what_its_own_cla_needs() -> None:
    """A standalone system beside orders that are said, which are the master's; it holds.

    An exported one may have had any of them: what nobody activates, nobody expects.
    """
    exported = to_graphml(load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml"))
    graph = nx.parse_graphml(exported, force_multigraph=True)
    graph.add_node("kiosk", role="standalone")
    graph.add_edge("kiosk", "internet", label="1 Mbit/s, 5 ms")
    scenario = imported(graphml(graph), "x.graphml").scenario
    assert scenario.internetwork.purchase["LAC-2"].licenses == {"base": 1, "ip": 10, "itsp": 2}
    assert play(scenario).holds
    graph.add_node("old", role="standalone", model="X3", subscribers="[]")
    graph.add_edge("old", "internet", label="1 Mbit/s, 5 ms")
    scenario = imported(graphml(graph), "x.graphml").scenario
    expected = [step.node for step in scenario.timeline if isinstance(step, Expect)]
    assert expected == ["hq", "north", "south", "kiosk"]
    assert play(scenario).holds


NAMES = st.from_regex(r"[a-z](-?[a-z0-9]){0,3}", fullmatch=True)
PLACES = st.none() | st.tuples(
    st.integers(-180_000, 180_000).map(lambda n: n / 1000),
    st.integers(-90_000, 90_000).map(lambda n: n / 1000),
)


@st.composite
def internetworks(draw: st.DrawFn) -> dict[str, Any]:
    """Sites, routers and clouds under any names, joined by links with every word that there is."""
    names = draw(st.lists(NAMES, min_size=3, max_size=7, unique=True))
    kinds = ["node", *(draw(st.sampled_from(["node", "router", "cloud"])) for _ in names[1:])]
    parts: dict[str, Any] = {"nodes": {}, "routers": {}, "clouds": {}}
    for index, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        place = draw(PLACES)
        part: dict[str, Any] = {"place": place} if place else {}
        if kind == "node":
            group = {"numbers": [f"{index}00-{index}05", f"{index}09"], "type": "sip"}
            part |= {"model": "X5", "role": "slave" if index else "master"}
            part |= {"subscribers": [{**group, "licenses": ["ip", "voicemail"]}]}
            part |= draw(st.sampled_from([{}, {"line": 7_001}, {"forwards": False}]))
            part |= {"trunks": [{"name": "t", "kind": "s2m", "channels": 4, "licensed": 2}]}
        parts[f"{kind}s"][name] = part
    links = {}
    for index, name in enumerate(names[1:], 1):
        ends = draw(st.permutations([draw(st.sampled_from(names[:index])), name]))
        plain = "-" not in "".join(ends) and draw(st.booleans())
        links["-".join(ends) if plain else f"ownLine{index}"] = {
            **({} if plain else {"joins": ends}),
            "bandwidth": draw(st.integers(1, 10**11)),
            "latency": draw(st.integers(0, 10**9)),
            **draw(st.sampled_from([{}, {"jitter": 1500}, {"forgets_idle_after": 10**12}])),
        }
    long = {"licenses": {"base": 1}, "recovery": "after_stable(90 s)", "valid_for": "90 days"}
    return {
        **parts,
        "links": links,
        "convergence": draw(st.integers(0, 10**10)),
        "purchase": {"LAC-1": {"ip": 3, "flexible": True}, "LAC-2": long},
    }


@given(internetworks(), st.text(max_size=20))
@settings(max_examples=40, deadline=None)
def test_any_internetwork_comes_back(internetwork: dict[str, Any], note: str) -> None:
    """By way of GraphML, and then by way of YAML."""
    scenario = parse_scenario(
        {
            "title": to_the_letter("x" + "".join(char for char in note if char.isprintable())),
            "about": "x",
            "start": "2026-03-02 08:00",
            "seed": "1",
            "internetwork": internetwork,
            "timeline": [],
        }
    )
    done = imported(to_graphml(scenario).encode(), "x.graphml")
    assert done.scenario.internetwork == scenario.internetwork
    assert same_as_its_text(done).internetwork == scenario.internetwork


def test_attributes_of_an_export_say_their_unit() -> None:
    """Other tools find numbers, and a name for each line that no other one has."""
    scenario = load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml")
    graph = nx.parse_graphml(to_graphml(scenario), force_multigraph=True)
    assert graph.edges["hq", "north", "hq-north"] == {
        "link": "hq-north",
        "bandwidth_bit_s": 20_000_000,
        "latency_ns": 15_000_000,
    }
    assert read_graphml(to_graphml(scenario).encode()).is_whole


def test_a_flowchart() -> None:
    """Boxes for sites, round shapes for all else, and each link with what it carries."""
    scenario = load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml")
    lines = to_mermaid(scenario).splitlines()
    assert lines[:4] == ["---", 'title: "A slave is cut off for 31 days"', "---", "flowchart LR"]
    assert '  n1["north<br/>X3, slave"]' in lines
    assert '  n3(("internet"))' in lines
    assert '  n0 ---|"20 Mbit/s, 15 ms"| n1' in lines
