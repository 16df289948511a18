"""Exploring: very many runs that chance draws, judged by the oracle, and what fails made short.

Read in this order: `draws` (a run from its seed), `played_run` with `technician` and `ways_out`
(one run, and who comes at its end), `reached` and `rules_at_stake` (what it has tested),
`exploration` and `guide` (many of them), `shrinking` with `plainer`; then `summary`, `outcome` and
`corpus`, what is left of it.
"""
