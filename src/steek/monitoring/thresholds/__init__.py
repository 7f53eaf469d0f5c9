"""What is well: bounds that are told or learned, slow drift, days that are different, and what a rule would have done.

Flows in: declarations and measured points. Flows out: learned bounds, drifts, back-tests.
"""
