"""The seam to the world that the three parties share; it knows no rule of licensing."""
