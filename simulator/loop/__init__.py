"""The event loop whose waiting is a jump, and what runs on it: time, fencing, freezing, pace."""
