"""How likely emergency mode is: a model of the rules for numbers, the real programs for the proof.

Read in this order: `network` (what the model needs of a scenario), `chance` and `years` (what fails
in a year, from a seed and a number alone), `courses` (what one year is for each site, and for all),
`ways`, `redialing`, `counting_cla` and `site_years` (one site through one year, by the rules),
`model` (all sites, and relicensing), `causes` (why a period ended), `screen` (which of many years
can be bad at all), `tallies` and `estimating` (what batches of them come to), `risk` (the table).
None of these knows an event loop, a program or a clock; all chance follows from the seed. Instants
are nanoseconds since the start of a year, at which all is up and all periods are whole.
"""
