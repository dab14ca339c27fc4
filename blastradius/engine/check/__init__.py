"""What verifies answers, and shares nothing with the solver."""
