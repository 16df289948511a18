"""`python -m simulator.live.client_process FILE`: a client of somebody's own as a process.

It takes the options of `python -m nodes`, in whose place it runs. What it loads is its own affair:
it may want certificates, or a library that our programs do without.
"""

import sys
from pathlib import Path

from internetsim import standard_streams
from internetsim.own_packages import require_own_packages

if __name__ == "__main__":
    standard_streams.open_closed()
    require_own_packages()
    from nodes.system import NodeSettings
    from runtime.process import run_program
    from simulator.scenario import ClientFile
    from simulator.worlds.client_programs import serve_of

    file = Path(sys.argv.pop(1))
    serve = serve_of(ClientFile(str(file), file.read_text()))
    sys.exit(run_program("nodes", f"A client of your own, {file}.", NodeSettings, serve))
