"""The license status of a node: regular, failover, emergency mode, and what telephones show."""
