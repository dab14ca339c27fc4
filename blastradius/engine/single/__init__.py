"""One scenario, with shortest proofs."""
