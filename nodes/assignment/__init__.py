"""Which licenses a subscriber or a trunk of a node has, asks for, or gives up (manual 4.3.2)."""
