"""Reviews of the architecture: what has no second, what people do by hand, what cannot be taken back."""
