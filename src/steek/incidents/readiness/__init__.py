"""Whether a model is ready for production: 28 tests, scored from evidence and from answers of people."""
