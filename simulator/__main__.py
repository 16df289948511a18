"""`python -m simulator` is `internetsim`."""

import sys

from simulator.cli.entry_point import main

sys.exit(main())
