"""`python -m simulator` is `internetsim`."""

import sys

from internetsim import main

sys.exit(main())
