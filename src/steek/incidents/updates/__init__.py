"""Updates: what everybody is told of an incident, when again, what outsiders may read, and questions from leaders."""
