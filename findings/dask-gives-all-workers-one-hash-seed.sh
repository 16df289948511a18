#!/usr/bin/env bash
# distributed 2026.8.0, dask 2026.8.0, CPython 3.11 and later.
#
# Behaviour: workers that a nanny starts (those of `LocalCluster` and of `dask worker`) run with PYTHONHASHSEED=6640, whatever the
# environment says where the cluster is started, on every machine and every day. Sets of text have one order in all workers and in
# all repetitions. `LocalCluster(env=...)` changes what a worker says its seed is, and not its hashes. The variable also stays in
# the environment of the program that made the cluster, so that its later child processes have it, too. Only a value of
# `distributed.nanny.pre-spawn-environ.PYTHONHASHSEED` in Dask's configuration counts, and 0 counts as none.
#
# Output seen (PYTHONHASHSEED as two workers say it, whose hashes they have; the same variable here, afterwards):
#     environment nothing:  6640 6640, hashes of 6640; here 6640
#     environment 7:        6640 6640, hashes of 6640; here 6640
#     environment random:   6640 6640, hashes of 6640; here 6640
#     env= 7:               7 7, hashes of 6640; here 6640
#     configuration 0:      6640 6640, hashes of 6640; here 6640
#     configuration random: random random, hashes of their own; here random
#
# Whom it hurts: who looks on a cluster for results that depend on the order of a set (a simulation played twice must be the same):
# none is ever found, and without Dask the same seed gives something else. Repetitions belong into processes of one's own, with
# the variable set for each of them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install distributed==2026.8.0 dask==2026.8.0 2>/dev/null

cat >workers.py <<'PYTHON'
import os
import sys

import dask
from distributed import Client, LocalCluster

of_6640, configured, env = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def seed_and_hash():
    return os.environ["PYTHONHASHSEED"], hash("a")


if __name__ == "__main__":
    if configured:
        dask.config.set({"distributed.nanny.pre-spawn-environ.PYTHONHASHSEED": configured})
    how = {"env": {"PYTHONHASHSEED": env}} if env else {}
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", **how) as cluster:
        with Client(cluster) as client:
            told = client.run(seed_and_hash).values()
    seeds, hashes = zip(*told)
    whose = {(of_6640, of_6640): "6640"}.get(hashes, "their own" if len(set(hashes)) == 2 else "another seed")
    print(f"{' '.join(seeds)}, hashes of {whose}; here {os.environ.get('PYTHONHASHSEED', 'nothing')}")
PYTHON

unset PYTHONHASHSEED
of_6640=$(PYTHONHASHSEED=6640 $python -c 'print(hash("a"))')
seen=$(
    echo "environment nothing:  $($python workers.py "$of_6640" "" "")"
    echo "environment 7:        $(PYTHONHASHSEED=7 $python workers.py "$of_6640" "" "")"
    echo "environment random:   $(PYTHONHASHSEED=random $python workers.py "$of_6640" "" "")"
    echo "env= 7:               $($python workers.py "$of_6640" "" 7)"
    echo "configuration 0:      $($python workers.py "$of_6640" 0 "")"
    echo "configuration random: $($python workers.py "$of_6640" random "")"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
environment nothing:  6640 6640, hashes of 6640; here 6640
environment 7:        6640 6640, hashes of 6640; here 6640
environment random:   6640 6640, hashes of 6640; here 6640
env= 7:               7 7, hashes of 6640; here 6640
configuration 0:      6640 6640, hashes of 6640; here 6640
configuration random: random random, hashes of their own; here random
SEEN
