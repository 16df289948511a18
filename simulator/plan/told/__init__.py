"""The answers of a plan at a terminal (`answer`, `verdict_rows`, `fit_text`) and for other tools.

For these: `outcome` and `comparison_outcome` with what both say first (`document_head`), `checks`
for CI systems. `assumptions` has in words all that an answer rests on.
"""
