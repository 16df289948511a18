"""What fails in a year: outages that follow from a seed and the year's number alone.

Read in this order: `chance` (numbers that follow from keys), `sampler` (the years), `strata` (in
which groups they fall, and how likely each is).
"""
