"""Recordings in a PostgreSQL database."""
