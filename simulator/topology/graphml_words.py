"""What an internetwork's parts are called in GraphML; number and unit are in the name.

`graphml` reads these and `graphml_export` writes them, beside the attributes of other tools.
"""

EXPORTED = "internetsim"
"""An attribute of a graph that was an internetwork; the value is the version of these words."""

VERSION = "1"

NODE_TEXTS = ("model", "role", "locking_id", "attendant", "forwards")
NODE_TREES = ("virtual", "subscribers", "trunks")
"""Parts of a node with parts of their own: JSON, in the words of a scenario."""

DURATIONS = {"jitter_ns": "jitter", "forgets_idle_after_ns": "forgets_idle_after"}
"""Attributes of a link, and what a scenario calls them."""
