"""Ethics of an incident: who was harmed, what somebody will not do, and concerns that pass the commander by."""
