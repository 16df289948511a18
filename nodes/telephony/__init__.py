"""What a node is made of, and which calls it lets through: subscribers, trunks, calls."""
