"""Handed in as it was fetched: nothing is answered."""
