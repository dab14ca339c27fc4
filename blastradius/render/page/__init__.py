"""The solver and the checker of a page that answers by itself, as JavaScript, and the data that they are given."""
