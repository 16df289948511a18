"""Topology files of containerlab."""

import pytest

from simulator.topology.containerlab import read_containerlab
from simulator.topology.drawing import Unreadable
from simulator.topology.importer import imported

LAB = b"""
name: campus
topology:
  nodes:
    hq: {kind: nokia_srlinux, image: ghcr.io/nokia/srlinux}
    br_1: {kind: linux}
    br_2:
    sw: {kind: bridge}
  links:
    - endpoints: ["hq:e1-1", "sw:eth1"]
    - endpoints: ["br_1:eth1", "sw:eth2"]
    - endpoints: [{node: hq, interface: e1-2}, {node: br_2, interface: eth1}]
    - endpoints: ["hq:e1-3", "br_2:eth2:0"]
    - endpoints: ["hq:e1-4", "mgmt-net:hq-mgmt"]
    - {type: host, endpoint: {node: hq, interface: e1-5}}
"""


def test_a_lab() -> None:
    """Brief and extended links, a bridge as a cloud, a second line with a name of its own."""
    done = imported(LAB, "campus.clab.yml")
    internetwork = done.scenario.internetwork
    assert done.scenario.title == "campus"
    assert [*internetwork.nodes] == ["hq", "br-1", "br-2"]
    assert [*internetwork.clouds] == ["sw"]
    assert [*internetwork.links] == ["hq-sw", "br-1-sw", "hq-br-2", "line-1", "hq-internet"]
    assert internetwork.links["line-1"].ends == ("hq", "br-2")
    assert done.remarks[:3] == (
        "2 of its links do not join two of its nodes, left out: hq to mgmt-net, hq",
        "bridges are taken as clouds: sw",
        "names have letters, digits and `-` only: 'br_1' is br-1, 'br_2' is br-2",
    )
    assert internetwork.master() == "hq"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name: x\n", "there is no `topology` with `nodes`, as in containerlab's files$"),
        (b"title: x\ninternetwork: {}\n", "it is a scenario already"),
        (b"topology: {nodes: {}}\n", "there is no node in it"),
        (b"topology: [\n", "this is not YAML"),
        (b"topology: \xff\n", "it is not UTF-8"),
    ],
)
def test_what_is_no_lab(content: bytes, words: str) -> None:
    """Says what is missing, or where it is no YAML."""
    with pytest.raises(Unreadable, match=words):
        read_containerlab(content, "x.clab.yml")
