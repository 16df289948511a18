"""The world in a box: runs the programs unmodified, and everything for its user."""
