"""Lists and blocks of other tools, in and out. What comes in is one contributor's reports, never entries."""
