"""Real servers, real browsers and a page written after X's structure. Holds no test of Panah itself."""
