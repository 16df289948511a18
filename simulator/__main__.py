"""`python -m simulator` is `internetsim`."""

import sys

from internetsim.command import main

sys.exit(main())
