#!/usr/bin/env bash
# networkx 3.6.1, CPython 3.11 and later.
#
# Behaviour: of a MultiGraph `generate_graphml` and `write_graphml` write the key of each edge as its `id`. Keys that networkx
# gives are counted for each pair of nodes, so almost every edge of a file is called "0". An `id` in GraphML names one edge of
# the document. Keys of one's own (`add_edge(a, b, key=...)`) are written as they are; a Graph without parallel edges has none.
#
# Output seen:
#     keys by networkx: 3 edges, ids 0 0 1
#     keys of one's own: 3 edges, ids ab-1 ab-2 bc
#
# Whom it hurts: who hands a network with second lines to a tool that finds edges by their id, or refers to an edge by its id
# in another file: all first lines are one. Read by networkx again, nothing is missed, and so a round trip in a test is green.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install networkx==3.6.1 2>/dev/null

cat >show.py <<'PYTHON'
import re
import sys

import networkx

graph = networkx.MultiGraph()
for one, other, key in (("a", "b", "ab-1"), ("a", "b", "ab-2"), ("b", "c", "bc")):
    graph.add_edge(one, other, key=key if sys.argv[1] == "own" else None)
text = "\n".join(networkx.generate_graphml(graph))
ids = sorted(re.findall(r'<edge [^>]*id="([^"]*)"', text))
print(f"{len(graph.edges)} edges, ids {' '.join(ids)}")
PYTHON

given=$($python show.py given)
own=$($python show.py own)
echo "keys by networkx: $given"
echo "keys of one's own: $own"
[ "$given" = "3 edges, ids 0 0 1" ] && [ "$own" = "3 edges, ids ab-1 ab-2 bc" ] ||
    { echo "the behaviour has changed" >&2; exit 1; }
