"""Lists that friends share: boxes that only they can open, kept here without anything being known about them."""
