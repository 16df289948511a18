"""One side of a pair: plays the scenarios that it is given, and says how long each took.

Its own process is what makes it a side: `benchmarks.sides` starts this file with the interpreter
of any checkout, also of one that is older than this file. So it uses nothing but what a script may
(`simulator.parse_scenario`, `simulator.play`). Each line of the standard input names a file with a
scenario as JSON; each line of the answer is a `WorkCost` as JSON.
"""

import gc
import json
import resource
import sys
from pathlib import Path
from time import perf_counter, process_time  # noqa: TID251 - real time is what is measured here

from simulator import parse_scenario, play

_KIB_PER_MIB = 1024


def main() -> None:
    """Play until the standard input ends."""
    for line in sys.stdin:
        scenario = parse_scenario(json.loads(Path(line.rstrip("\n")).read_text()))
        gc.collect()
        cpu, wall = process_time(), perf_counter()
        result = play(scenario)
        cost = {
            "cpu_s": process_time() - cpu,
            "wall_s": perf_counter() - wall,
            "largest_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_PER_MIB,
            "digest": result.digest,
        }
        sys.stdout.write(json.dumps(cost) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
