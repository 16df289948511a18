"""What very many years come to: the risk of each site, with its uncertainty and a check.

Read in this order: `risk_table` (the answer as data), `screen` (which of many years can be bad at
all), `emphases` and `drawn_years` (which are drawn on purpose, and what each counts), `tallies`
with `causes` (what a batch comes to), `intervals`, `estimation` (as many batches as it takes),
`table_rows`; then what is calculated without a year: `bounds`, `closed_forms` with `phase_types`,
`long_run`; beside it `usual_years`, and `words`, how a probability is said.
"""
