"""`python -m nodes`: one communication system as a process of its own."""

import sys

from internetsim import start

if __name__ == "__main__":
    start.begin_program()
    from nodes.service import serve
    from nodes.system import NodeSettings
    from runtime.process import run_program

    sys.exit(run_program("nodes", "A communication system (node).", NodeSettings, serve))
