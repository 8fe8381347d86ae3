"""The consoles of curators and admins: HTML over the same services as the API, no rule is decided here."""
