"""`python -m simulator` is `internetsim`."""

import sys

from simulator.cli.app import main

sys.exit(main())
