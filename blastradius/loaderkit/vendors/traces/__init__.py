"""What the formats of traces and access logs share: spans, paths and the calls they show."""
