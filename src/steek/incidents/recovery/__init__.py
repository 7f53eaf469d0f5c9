"""The way back: how sure it is that an incident is over, how long it takes, and the watch after it."""
