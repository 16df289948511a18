"""The web-based management (WBM) of a node: pages in the manual's words and order of work."""
