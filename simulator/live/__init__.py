"""The same scenario on real processes, real sockets and real cuts."""
