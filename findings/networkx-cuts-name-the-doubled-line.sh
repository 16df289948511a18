#!/usr/bin/env bash
# networkx 3.6.1, CPython 3.11 and later.
#
# Behaviour: of a MultiGraph the functions of connectivity count parallel edges once, and some nevertheless count them in degrees.
# So a network in which every line is doubled hangs on one line, `minimum_edge_cut` names the doubled line as the weakest place or
# the single one behind it, as the order of a set has it in this process, and `all_node_cuts` finds none as soon as one line is
# doubled. Other functions refuse a MultiGraph (`stoer_wagner`, `maximum_flow`). `bridges` and `articulation_points` are right.
#
# Output seen (b lies between a and c):
#     both lines doubled: edge_connectivity 1; it takes 2
#     line a-b doubled:   edge_disjoint_paths from a to b: 1
#     both lines single:  all_node_cuts b; articulation_points b
#     line a-b doubled:   all_node_cuts none; articulation_points b
#     line a-b doubled:   bridges b-c; minimum_edge_cut, in twelve processes:
#         a-b, without which it is connected
#         b-c, without which it is not connected
#
# Whom it hurts: who looks for single points of failure in drawings of networks: redundancy that was paid for is not seen, and a
# doubled line is blamed. For lines a Graph with the number of parallel ones as `weight`, and `stoer_wagner`, which says 2 above;
# for nodes a Graph.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install networkx==3.6.1 2>/dev/null

cat >cuts.py <<'PYTHON'
import sys

import networkx


def network(*lines):
    return networkx.MultiGraph([tuple(line.split("-")) for line in lines])


def weighted(lines):
    graph = networkx.Graph()
    for one, other in lines.edges():
        graph.add_edge(one, other, weight=lines.number_of_edges(one, other))
    return graph


def said(edges):
    return " ".join(sorted("-".join(sorted(edge)) for edge in edges)) or "none"


def cut_of(graph):
    cut, rest = networkx.minimum_edge_cut(graph), graph.copy()
    rest.remove_edges_from(cut)
    return f"{said(cut)}, without which it is {'' if networkx.is_connected(rest) else 'not '}connected"


def node_cuts(graph):
    return " ".join(sorted("".join(cut) for cut in networkx.all_node_cuts(graph))) or "none"


single = network("a-b", "b-c")
mixed = network("a-b", "a-b", "b-c")
doubled = network("a-b", "a-b", "b-c", "b-c")
if sys.argv[1:] == ["cut"]:
    sys.exit(print(cut_of(mixed)))
least, _ = networkx.stoer_wagner(weighted(doubled))
print(f"both lines doubled: edge_connectivity {networkx.edge_connectivity(doubled)}; it takes {least}")
paths = len(list(networkx.edge_disjoint_paths(mixed, "a", "b")))
print(f"line a-b doubled:   edge_disjoint_paths from a to b: {paths}")
for words, graph in (("both lines single: ", single), ("line a-b doubled:  ", mixed)):
    articulation = " ".join(networkx.articulation_points(graph))
    print(f"{words} all_node_cuts {node_cuts(graph)}; articulation_points {articulation}")
print(f"line a-b doubled:   bridges {said(networkx.bridges(mixed))}; minimum_edge_cut, in twelve processes:")
PYTHON

{
    $python cuts.py
    for hashes in $(seq 12); do PYTHONHASHSEED=$hashes $python cuts.py cut; done | sort -u | sed 's/^/    /'
} | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
both lines doubled: edge_connectivity 1; it takes 2
line a-b doubled:   edge_disjoint_paths from a to b: 1
both lines single:  all_node_cuts b; articulation_points b
line a-b doubled:   all_node_cuts none; articulation_points b
line a-b doubled:   bridges b-c; minimum_edge_cut, in twelve processes:
    a-b, without which it is connected
    b-c, without which it is not connected
SEEN
