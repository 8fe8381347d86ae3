"""Panah (پناہ, "refuge"): scores replies against the disclosure they answer."""

__version__ = "0.1.0"
