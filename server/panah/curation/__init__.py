"""Curators at work: what waits, who is at it, how much a day, and what the public is told each month."""
