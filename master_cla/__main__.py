"""`python -m master_cla`: the central CLA as a process."""

import sys

from internetsim import standard_streams
from internetsim.own_packages import require_own_packages

if __name__ == "__main__":
    standard_streams.open_closed()
    require_own_packages()
    from master_cla.service import AgentSettings, serve
    from runtime.process import run_program

    sys.exit(
        run_program(
            "master_cla",
            "The central Customer License Agent (CLA): keeps the license file, licenses nodes.",
            AgentSettings,
            serve,
        )
    )
