#!/usr/bin/env bash
# topohub 1.5.1, CPython 3.11 and later.
#
# Behaviour: `topohub.get(KEY)` opens the topology's file and never closes it: it is closed when the garbage collector comes.
# Where warnings are errors, as in a test suite with `filterwarnings = ["error"]`, each test that takes a topology fails with
# `PytestUnraisableExceptionWarning`, or the one after it does.
#
# Output seen:
#     topohub.get:      ResourceWarning
#     the file itself:  none
#
# Whom it hurts: who uses topohub's topologies as test data, and who walks over all of them on an interpreter without
# reference counting. Reading `importlib.resources.files("topohub") / "data/sndlib/pdh.json"` gives the same dictionary.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install topohub==1.5.1 2>/dev/null

cat >get.py <<'PYTHON'
import gc

import topohub

topohub.get("sndlib/pdh")
gc.collect()
PYTHON
cat >read.py <<'PYTHON'
import gc
import importlib.resources
import json

json.loads((importlib.resources.files("topohub") / "data/sndlib/pdh.json").read_text())
gc.collect()
PYTHON

warned() { $python -W always::ResourceWarning "$1" 2>&1 | grep -o ResourceWarning | head -1 || true; }
get=$(warned get.py)
read=$(warned read.py)
echo "topohub.get:      ${get:-none}"
echo "the file itself:  ${read:-none}"
[ "$get" = ResourceWarning ] && [ -z "$read" ] || { echo "the behaviour has changed" >&2; exit 1; }
