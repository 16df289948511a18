"""The license server's pages for customers: the offline way to license files (manual 4.3.1)."""
