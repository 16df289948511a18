"""How the programs start. The package bears the distribution's name, which nobody else has."""
