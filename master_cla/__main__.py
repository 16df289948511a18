"""`python -m master_cla`: the central CLA as a process."""

import sys

from internetsim import start

if __name__ == "__main__":
    start.begin_program()
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
