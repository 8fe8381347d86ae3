"""Shared lists: many people report, a jury drawn by lot and curators decide, and no crowd can list a survivor."""
