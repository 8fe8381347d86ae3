"""`panah simulate`: synthetic people and attackers act on the real lists, day by day, in memory."""
