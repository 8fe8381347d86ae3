"""How Panah's model is made. Imports the server's text code, so that both read a reply alike; never back."""
