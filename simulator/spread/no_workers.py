"""What stands in the way of spreading work."""


class NoWorkers(Exception):
    """Nobody does the work; the message is for the person who asked, and names the way out."""
