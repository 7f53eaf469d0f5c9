"""What was agreed to do after an incident: with an owner, a day, and a check that says when it is done."""
