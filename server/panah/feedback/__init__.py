"""What readers tell about verdicts: that a hidden reply was harmless, or that a hostile one was missed."""
