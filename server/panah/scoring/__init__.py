"""From a reply's text to a verdict: normalise, look up, score, decide."""
