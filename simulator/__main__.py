"""`python -m simulator` is `internetsim`."""

import sys

from simulator.cli import main

sys.exit(main())
