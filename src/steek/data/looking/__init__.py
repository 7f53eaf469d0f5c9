"""Looking at data: what a record means, what its columns hold, how much arrived, a few rows of it."""
