"""`python -m nodes`: one communication system as a process of its own."""

import sys

from internetsim import standard_streams
from internetsim.own_packages import require_own_packages

if __name__ == "__main__":
    standard_streams.open_closed()
    require_own_packages()
    from nodes.service import serve
    from nodes.system import NodeSettings
    from runtime.process import run_program

    sys.exit(run_program("nodes", "A communication system (node).", NodeSettings, serve))
