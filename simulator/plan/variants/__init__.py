"""Several networks on the same years, and how far they are apart: `plan compare`.

Read in this order: `variation` with `varied_values` (what `--vary` says), `common_years` (what the
same years say of each), `comparison` (the answer as data).
"""
