"""What exports share."""
