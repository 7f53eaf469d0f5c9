"""Roles: handing one over with a summary, shadowing, and the stakeholders an incident keeps informed."""
