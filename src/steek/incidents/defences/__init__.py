"""Which layers would stop which kind of failure: set up, exercised, or a hole; and the holes that line up."""
