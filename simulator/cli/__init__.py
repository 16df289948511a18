"""The command line: what can be asked, who does it, and what a person sees of it."""
