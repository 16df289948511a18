"""What an internetwork's parts are called in GraphML; number and unit are in the name.

`graphml` reads these and `graphml_export` writes them, beside the attributes of other tools.
"""

from simulator.scenario import Node

EXPORTED = "internetsim"
"""An attribute of a graph that was an internetwork; the value is the version of these words."""

VERSION = "1"

NODE_WORDS = tuple(key for key in Node.model_fields if key not in ("line", "place"))
"""What a node says in the words of a scenario, those with parts of their own as JSON."""

SCENARIO_WORDS = ("emergency_numbers", "outside_line")
"""What a scenario says beside its internetwork, and what call numbers may be depends on."""

DURATIONS = {"jitter_ns": "jitter", "forgets_idle_after_ns": "forgets_idle_after"}
"""Attributes of a link, and what a scenario calls them."""
