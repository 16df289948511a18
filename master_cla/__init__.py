"""The central CLA: keeps the license file and answers the license requests of all nodes."""
