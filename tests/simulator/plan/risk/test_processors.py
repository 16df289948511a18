"""The same table on any processor: numpy without what it takes of this one's vector units."""

import os
import subprocess
import sys

from processes import ROOT

TABLE = """
from planned_lines import one_line
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.risk_table import RiskSettings
network = one_line(period_ns=20 * 86_400 * 10**9)
print(estimate(network, RiskSettings(precision=0.2), map, now_s=lambda: 0.0))
"""
UNITS = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
"""Those that numpy knows of this kind; what is not there is passed over with a warning."""


def table(**environment: str) -> str:
    """What a process of its own prints, in this environment."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "simulator")))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TABLE],
        env=os.environ | {"PYTHONPATH": paths} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_table_does_not_depend_on_vector_units() -> None:
    """To the last digit of every number in it."""
    assert table(NPY_DISABLE_CPU_FEATURES=UNITS) == table()
