"""What becomes of each site in one year of outages, by the rules of the nodes (decision 22). Pure.

Read in this order: `network` (what the model needs of a scenario), `courses` (what a year is for
each site, as data), `ways` (when a site is cut off), `dialer`, `contacts` and `counting_cla`
(what node and central CLA do then), `site_years` (one site through one year), `play` (all sites,
and relicensing); beside it `ideal` (the node as formulas have it).
"""
