"""How published lists reach readers: coded files, a signed catalogue, and no question about any one account."""
