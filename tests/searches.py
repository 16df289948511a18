"""How long hypothesis searches: little by default, with `INTERNETSIM_EXAMPLES=600` thoroughly.

A test whose single example is long says no number of its own, but how many steps one has.
"""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("INTERNETSIM_EXAMPLES", "30"))

settings.register_profile(
    "internetsim",
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # who is slow depends on the computer
    print_blob=True,
)
settings.load_profile("internetsim")

FOR_A_PLANTED_BUG = settings(max_examples=1000, phases=[Phase.generate], derandomize=True)
"""Until it is found, the same way in every run: that a search can find something is no luck."""
