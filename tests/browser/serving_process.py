"""`internetsim serve` as a process of its own, with a clock that stands until a person lets it go.

The oracle judges the internetwork all the time; what it finds ends the process with a traceback.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from processes import PATIENCE_S, ROOT

SERVE = """
import sys
from runtime import passwords
from simulator.cli.app import main
passwords.COST = (2, 8, 1)
sys.exit(main())
"""
"""The command itself; only that hashing passwords takes no time."""


OPENED = r"Open http://localhost:(\d+)/"

WARNINGS = re.compile(r"^warning: .*\n(?: .*\n)*", re.MULTILINE)
"""What is said of the scenario itself, with the lines of it that are meant."""


class Served(NamedTuple):
    """Where a served internetwork is to be found."""

    port: int

    @property
    def index(self) -> str:
        """The page with all systems, the links, accounts and delivery notes."""
        return f"http://localhost:{self.port}/systems"

    @property
    def stage(self) -> str:
        """The page with the map."""
        return f"http://localhost:{self.port}/"

    def of(self, host: str) -> str:
        """The pages of a host: the WBM of a node, those of the license server at `internet`."""
        return f"http://{host}.localhost:{self.port}"


@contextmanager
def serving(scenario: str, directory: Path, *options: str) -> Iterator[Served]:
    """Serve `scenario` for the time of the block, and end as with Ctrl-C, without a violation."""
    file = directory / "served.yaml"
    file.write_text(scenario)
    command = [sys.executable, "-c", SERVE, "serve", str(file), "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            lines = iter(process.stdout.readline, "")
            found = next(filter(None, (re.search(OPENED, line) for line in lines)), None)
            assert found, process.stderr.read()
            yield Served(int(found[1]))
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert (process.returncode, WARNINGS.sub("", said)) == (0, ""), (process.returncode, said)
