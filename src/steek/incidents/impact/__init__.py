"""How bad an incident is: severity, impact, systems, duplicates, near misses and corrections."""
