#!/usr/bin/env bash
# rustworkx 0.18.1; beside it networkx 3.6.1 and igraph 1.0.0, CPython 3.11 and later.
#
# Behaviour: of a value in GraphML `read_graphml` keeps the last piece of plain text. CDATA, which XML has for text and which says the
# same, counts for nothing: where the whole value is CDATA, the default of its key is taken, or None; where there is text beside it, or
# a comment within, what stands before is gone. No error is given. Its documentation names what of GraphML it does not support (mixed
# and nested graphs, hyperedges, ports); how a value may be written is not among it.
#
# Output seen (the bandwidth of a line, a key whose default is "100 Mbit/s"; its length in km, a key of type double without a default):
#     text:                    networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx '2 Mbit/s' 750.0
#     CDATA:                   networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx '100 Mbit/s' None
#     text with CDATA in it:   networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx ' Mbit/s' 50.0
#     text with a comment:     networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx ' Mbit/s' 50.0
#
# Whom it hurts: who hands a network to rustworkx for speed, from a tool whose XML writer uses CDATA (for names with `&`, or for all),
# or from a file in which somebody has commented a value: a line of 2 Mbit/s is one of 100, one of 750 km has 50, and all paths and
# cuts that follow from it are plausible.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install rustworkx==0.18.1 networkx==3.6.1 igraph==1.0.0 2>/dev/null

cat >line.py <<'PYTHON'
import igraph
import networkx
import rustworkx

GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="bandwidth" for="edge" attr.name="bandwidth" attr.type="string"><default>100 Mbit/s</default></key>
  <key id="length" for="edge" attr.name="length" attr.type="double"/>
  <graph edgedefault="undirected">
    <node id="berlin"/>
    <node id="kiel"/>
    <edge source="berlin" target="kiel"><data key="bandwidth">{}</data><data key="length">{}</data></edge>
  </graph>
</graphml>
"""
READERS = {
    "networkx": lambda path: list(networkx.read_graphml(path).edges(data=True))[0][2],
    "igraph": lambda path: igraph.Graph.Read_GraphML(path).es[0].attributes(),
    "rustworkx": lambda path: rustworkx.read_graphml(path)[0].edges()[0],
}

for how, bandwidth, length in (
    ("text:", "2 Mbit/s", "750"),
    ("CDATA:", "<![CDATA[2 Mbit/s]]>", "<![CDATA[750]]>"),
    ("text with CDATA in it:", "<![CDATA[2]]> Mbit/s", "<![CDATA[7]]>50"),
    ("text with a comment:", "2<!-- leased --> Mbit/s", "7<!-- at least -->50"),
):
    with open("line.graphml", "w") as file:
        file.write(GRAPHML.format(bandwidth, length))
    edges = {name: read("line.graphml") for name, read in READERS.items()}
    print(f"{how:24}", ", ".join(f"{name} {edge['bandwidth']!r} {edge['length']}" for name, edge in edges.items()))
PYTHON

$python line.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
text:                    networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx '2 Mbit/s' 750.0
CDATA:                   networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx '100 Mbit/s' None
text with CDATA in it:   networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx ' Mbit/s' 50.0
text with a comment:     networkx '2 Mbit/s' 750.0, igraph '2 Mbit/s' 750.0, rustworkx ' Mbit/s' 50.0
SEEN
