"""Many worlds at once, one bit each."""
