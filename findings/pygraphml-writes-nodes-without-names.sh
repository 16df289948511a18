#!/usr/bin/env bash
# pygraphml 2.4.2, networkx 3.6.1; CPython 3.11 and later.
#
# Behaviour: a GraphML file that is read and written again has lost its network. `GraphMLParser.write` names each node by its label; of
# a file by another program, whose nodes have an `id` and attributes of their own names, that is the empty text, for all of them, and
# both ends of every line. Numbers have become strings, attributes have the names of their keys (`d1`, not `bandwidth_mbit_s`), the
# namespace is gone, and the undirected graph is a directed one with undirected lines, which networkx refuses. pygraphml itself says
# nothing, and so does a reader that looks at names only.
#
# Output seen (a network of three sites and two lines):
#     drawn:
#         node hq
#         node north
#         node south
#         hq to north, 10 Mbit/s
#         hq to south, 2.5 Mbit/s
#     as pygraphml has written it:
#         <key id="d1" attr.name="d1" attr.type="string"/>
#         <graph id="customer" edgedefault="directed">
#         <node id="">
#         <node id=""/>
#         <node id=""/>
#         <edge source="" target="" directed="false">
#         <edge source="" target="" directed="false">
#     networkx: directed=false edge found in directed graph.
#
# Whom it hurts: who adds an attribute to the drawn network of a customer with it and writes it back. Names have to be given by hand
# (`node["label"] = node.id`) before it is written, and the rest by another program.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install pygraphml==2.4.2 networkx==3.6.1 2>/dev/null

cat >network.graphml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="site" attr.type="string"><default>office</default></key>
  <key id="d1" for="edge" attr.name="bandwidth_mbit_s" attr.type="double"/>
  <graph id="customer" edgedefault="undirected">
    <node id="hq"><data key="d0">headquarters</data></node>
    <node id="north"/>
    <node id="south"/>
    <edge source="hq" target="north"><data key="d1">10</data></edge>
    <edge source="hq" target="south"><data key="d1">2.5</data></edge>
  </graph>
</graphml>
XML

cat >again.py <<'PYTHON'
import networkx
from pygraphml import GraphMLParser

drawn = networkx.read_graphml("network.graphml")
print("drawn:")
for node in drawn:
    print("    node", node)
for one, other, line in drawn.edges(data=True):
    print(f"    {one} to {other}, {line['bandwidth_mbit_s']:g} Mbit/s")

parser = GraphMLParser()
parser.write(parser.parse("network.graphml"), "again.graphml")
print("as pygraphml has written it:")
for line in open("again.graphml"):
    if line.lstrip().startswith(('<key id="d1"', "<graph ", "<node", "<edge")):
        print("    " + line.strip())
try:
    networkx.read_graphml("again.graphml")
except networkx.NetworkXError as error:
    print("networkx:", error)
PYTHON

$python again.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
drawn:
    node hq
    node north
    node south
    hq to north, 10 Mbit/s
    hq to south, 2.5 Mbit/s
as pygraphml has written it:
    <key id="d1" attr.name="d1" attr.type="string"/>
    <graph id="customer" edgedefault="directed">
    <node id="">
    <node id=""/>
    <node id=""/>
    <edge source="" target="" directed="false">
    <edge source="" target="" directed="false">
networkx: directed=false edge found in directed graph.
SEEN
