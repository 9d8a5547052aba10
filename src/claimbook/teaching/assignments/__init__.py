"""Assignments made: a notebook with other parameters for each student."""
