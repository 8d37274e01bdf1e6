"""Recordings in one SQLite file."""
