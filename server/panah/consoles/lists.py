"""Placeholder."""

from panah.consoles.console import Console


def add(console: Console) -> None:
    """Adds the pages."""
