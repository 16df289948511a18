"""A communication system (node): subscribers, trunks, telephones, and the licenses they use."""
