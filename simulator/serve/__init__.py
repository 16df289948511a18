"""A served run: an internetwork that people work with in a browser, at the pace they choose."""
