"""What else one would serve such a model with, each in the few lines that its own documents show.

They run in an environment of their own (`make` builds .venv-peers) with the folder that weights.py writes as their
only argument beside the port. All but Infinity, which is a program, answer
`POST /score {"pairs": [[reply, context]]}` with a list of ten probabilities a pair.
"""
