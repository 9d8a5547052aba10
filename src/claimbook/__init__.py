"""The engine of a book that holds a paper's quantitative claims against data."""
