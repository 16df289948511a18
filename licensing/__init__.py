"""The words of the licensing domain, shared by all parties and by their tests.

Pure: nothing here knows an event loop, a socket, a clock, chance, the disk or a log.
"""
