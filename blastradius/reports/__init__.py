"""What questions share: rows, impact in numbers, the diagram of a reach."""
