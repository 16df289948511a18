#!/usr/bin/env bash
# topohub 1.5.1, CPython 3.11 and later.
#
# Behaviour: SNDlib gives some of its networks places on a picture instead of degrees. topohub hands them out in `pos`, which it
# describes as longitude and latitude, and computes the length of every link from them (`dist`, "in kilometers"). Of 26 networks
# 11 have places that are none on Earth. A twelfth passes that test: none of its 35 towns of India lies in India. In the
# other 14 no link is that long, so a look at Abilene, Polska or Germany, as in its documentation, does not show it.
#
# Output seen:
#     not on Earth: atlanta di-yuan france giul39 newyork norway pioro40 sun ta1 ta2 zib54
#     longest link: 17586 km newyork, 17793 km france, 19439 km norway
#     india35: longitudes 0 to 48, latitudes 0 to 49; 0 of 35 nodes in India
#     all others: longest link 6797 km geant
#
# Whom it hurts: who takes latencies from the lengths: a link within New York has 88 ms in glass, and results of networks with and
# without real places are compared with each other. A test of the range finds 11 of the 12; for these only the graph and the
# demands are to be used.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install topohub==1.5.1 2>/dev/null

cat >places.py <<'PYTHON'
import importlib.resources
import json


def longest_km(name):
    return max(edge["dist"] for edge in networks[name]["edges"])


def places(name):
    return [node["pos"] for node in networks[name]["nodes"]]


def within(pos, west, east, south, north):
    return west <= pos[0] <= east and south <= pos[1] <= north


folder = importlib.resources.files("topohub") / "data/sndlib"
networks = {
    path.name.removesuffix(".json"): json.loads(path.read_text())
    for path in folder.iterdir()
    if path.name.endswith(".json")
}
lost = sorted(name for name in networks if not all(within(pos, -180, 180, -90, 90) for pos in places(name)))
print("not on Earth:", *lost)
print("longest link:", ", ".join(f"{longest_km(name):.0f} km {name}" for name in ("newyork", "france", "norway")))
india = places("india35")
longitudes, latitudes = zip(*india)
print(
    f"india35: longitudes {min(longitudes):.0f} to {max(longitudes):.0f},"
    f" latitudes {min(latitudes):.0f} to {max(latitudes):.0f};"
    f" {sum(within(pos, 68, 98, 6, 36) for pos in india)} of {len(india)} nodes in India"
)
others = max((name for name in networks if name not in (*lost, "india35")), key=longest_km)
print(f"all others: longest link {longest_km(others):.0f} km {others}")
PYTHON

$python places.py | tee seen
diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
not on Earth: atlanta di-yuan france giul39 newyork norway pioro40 sun ta1 ta2 zib54
longest link: 17586 km newyork, 17793 km france, 19439 km norway
india35: longitudes 0 to 48, latitudes 0 to 49; 0 of 35 nodes in India
all others: longest link 6797 km geant
SEEN
