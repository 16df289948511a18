"""The page on which an internetwork is cut, watched, scrubbed and told.

`fold` reads the journal into a `Recording`: what everybody sees of the internetwork, as plain
values by key, at every instant until now. `shown` is what a browser is shown of one instant: the
present and the past by the same code. `commands` is all that can be done, `stage_page` the
addresses. A run is the same whether anybody watches or not.
"""
