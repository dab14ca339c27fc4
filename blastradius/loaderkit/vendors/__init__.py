"""What several formats of one vendor, or of one kind, share."""
