#!/usr/bin/env bash
# igraph 1.0.0 (PyPI), CPython 3.11 and later.
#
# Behaviour: `Graph.Read_GraphML` keeps the `id` of each edge as its attribute `id`, as it does for nodes. Since 1.0.0 what stands
# there are the ids of the nodes: the first edge has that of the first node and so on, and where there are more edges than nodes
# the rest have an empty one. No error is given. Nodes, the ends of edges and what is written as `<data>` are right, and so was all
# in 0.11.9.
#
# Output seen (a ring of three sites with a second line between two of them):
#     in the file:   berlin-kiel kiel-bonn bonn-berlin spare
#     igraph 0.11.9: berlin-kiel kiel-bonn bonn-berlin spare
#     igraph 1.0.0:  berlin kiel bonn (none)
#     igraph 1.0.0, the name that stands as data: berlin-kiel kiel-bonn bonn-berlin spare
#
# Whom it hurts: who finds a line by its id, joins two tables by it, or reports which one is the bottleneck: the answer looks like
# one, and is the name of a site. Parallel edges can no longer be told apart. Write the name of a line as data of its own, too.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
for version in 0.11.9 1.0.0; do
    python3 -m venv "igraph-$version"
    "igraph-$version/bin/python" -m pip --quiet --disable-pip-version-check install "igraph==$version" 2>/dev/null
done

cat >ring.graphml <<'GRAPHML'
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="line" for="edge" attr.name="line" attr.type="string"/>
  <graph edgedefault="undirected">
    <node id="berlin"/>
    <node id="kiel"/>
    <node id="bonn"/>
    <edge id="berlin-kiel" source="berlin" target="kiel"><data key="line">berlin-kiel</data></edge>
    <edge id="kiel-bonn" source="kiel" target="bonn"><data key="line">kiel-bonn</data></edge>
    <edge id="bonn-berlin" source="bonn" target="berlin"><data key="line">bonn-berlin</data></edge>
    <edge id="spare" source="berlin" target="kiel"><data key="line">spare</data></edge>
  </graph>
</graphml>
GRAPHML

cat >lines.py <<'PYTHON'
import sys

import igraph

ring = igraph.Graph.Read_GraphML("ring.graphml")
print(*(name or "(none)" for name in ring.es[sys.argv[1]]))
PYTHON

seen=$(
    echo "in the file:   $(grep -o '<edge id="[^"]*' ring.graphml | cut -d'"' -f2 | paste -sd ' ')"
    echo "igraph 0.11.9: $(igraph-0.11.9/bin/python lines.py id)"
    echo "igraph 1.0.0:  $(igraph-1.0.0/bin/python lines.py id)"
    echo "igraph 1.0.0, the name that stands as data: $(igraph-1.0.0/bin/python lines.py line)"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
in the file:   berlin-kiel kiel-bonn bonn-berlin spare
igraph 0.11.9: berlin-kiel kiel-bonn bonn-berlin spare
igraph 1.0.0:  berlin kiel bonn (none)
igraph 1.0.0, the name that stands as data: berlin-kiel kiel-bonn bonn-berlin spare
SEEN
