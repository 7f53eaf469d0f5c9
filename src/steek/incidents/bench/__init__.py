"""The test bench: the same questions to any trained models on any state of the data, side by side, kept to compare."""
