#!/usr/bin/env bash
# networkx 3.6.1, CPython 3.11 and later.
#
# Behaviour: `read_graphml` looks into a graph that stands inside a node only where the node has yEd's own attribute
# `yfiles.foldertype="group"`. Nested graphs are plain GraphML and need no such attribute. Without it all that is inside is
# skipped without an error or a warning; a node of the inside that an edge of the outside names comes back, by its key alone,
# without its data and without its edges.
#
# Output seen:
#     plain:  nodes a, g, g::b; label of g::b: none; edges a-g::b
#     marked: nodes a, g, g::b, g::c; label of g::b: Kiel; edges a-g::b, g::b-g::c
#
# Whom it hurts: who imports drawings with groups that were not made by yEd. A part of the network is missing, and the graph
# that is left looks whole. A count of the `node` elements in the file tells; so does setting the attribute before reading.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install networkx==3.6.1 2>/dev/null

cat >show.py <<'PYTHON'
import io
import sys

import networkx

TEXT = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="l" for="node" attr.name="label" attr.type="string"/>
<graph edgedefault="undirected">
  <node id="a"/>
  <node id="g"{mark}><graph edgedefault="undirected">
    <node id="g::b"><data key="l">Kiel</data></node><node id="g::c"/><edge source="g::b" target="g::c"/>
  </graph></node>
  <edge source="a" target="g::b"/>
</graph></graphml>"""
text = TEXT.format(mark=' yfiles.foldertype="group"' if sys.argv[1] == "marked" else "")
graph = networkx.read_graphml(io.BytesIO(text.encode()))
edges = ", ".join(sorted("-".join(sorted(edge)) for edge in graph.edges))
label = graph.nodes["g::b"].get("label", "none")
print(f"nodes {', '.join(sorted(graph))}; label of g::b: {label}; edges {edges}")
PYTHON

plain=$($python -W error show.py plain)
marked=$($python -W error show.py marked)
echo "plain:  $plain"
echo "marked: $marked"
[ "$plain" = "nodes a, g, g::b; label of g::b: none; edges a-g::b" ] &&
    [ "$marked" = "nodes a, g, g::b, g::c; label of g::b: Kiel; edges a-g::b, g::b-g::c" ] ||
    { echo "the behaviour has changed" >&2; exit 1; }
