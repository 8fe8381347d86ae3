"""Files that the Python and the TypeScript side must read alike."""
