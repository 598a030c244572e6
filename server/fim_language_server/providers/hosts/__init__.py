"""Hosts: their addresses, the regions they are in, and what they charge. Pure."""
