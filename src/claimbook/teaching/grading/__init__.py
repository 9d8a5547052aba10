"""Assignments graded: returned notebooks, run where they can do no harm."""
