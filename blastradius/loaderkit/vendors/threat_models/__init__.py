"""What the formats of threat models share: a diagram of elements, boundaries and flows."""
