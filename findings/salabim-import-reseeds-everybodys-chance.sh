#!/usr/bin/env bash
# salabim 26.0.9, numpy 2.4.6, CPython 3.11 and later.
#
# Behaviour: `import salabim` seeds the random numbers of Python's `random` and of `numpy.random`, those that the whole process
# shares, with 1234567, before any environment is made. A seed that the program set before is gone, and what was never seeded is
# the same in every process from then on. A generator object of one's own (`random.Random`, `numpy.random.default_rng`) is not
# touched. That an `Environment` seeds is documented; that the import does is not.
#
# Output seen (the next number of random; of numpy.random):
#     random.seed(5):                  0.623; 0.222
#     random.seed(5), then the import: 0.963; 0.237
#     random.seed(6), then the import: 0.963; 0.237
#     three worker processes:          0.963 0.963 0.963
#
# Whom it hurts: replications in worker processes, each of which imports it: they draw the same, and the mean of a hundred runs is
# one run. Also everything beside the simulation that draws from the shared numbers: jitter of a back-off, orders of a test, names
# of temporary objects. Import it first, and seed each run with a number of its own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install salabim==26.0.9 numpy==2.4.6 2>/dev/null

cat >drawn.py <<'PYTHON'
import random
import sys

import numpy

seed = int(sys.argv[1])
random.seed(seed)
numpy.random.seed(seed)
if "import" in sys.argv:
    import salabim
print(f"{random.random():.3f}; {numpy.random.rand():.3f}")
PYTHON

cat >workers.py <<'PYTHON'
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import salabim


def replication(number):
    return f"{random.random():.3f}"


if __name__ == "__main__":
    for number in range(3):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
            print(*workers.map(replication, [number]), end=" " if number < 2 else "\n")
PYTHON

seen=$(
    echo "random.seed(5):                  $($python drawn.py 5)"
    echo "random.seed(5), then the import: $($python drawn.py 5 import)"
    echo "random.seed(6), then the import: $($python drawn.py 6 import)"
    echo "three worker processes:          $($python workers.py)"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
random.seed(5):                  0.623; 0.222
random.seed(5), then the import: 0.963; 0.237
random.seed(6), then the import: 0.963; 0.237
three worker processes:          0.963 0.963 0.963
SEEN
