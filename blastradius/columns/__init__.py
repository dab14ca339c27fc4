"""Facts as flat arrays: what loaders of large files hand over, and what compiling reads of every estate."""
