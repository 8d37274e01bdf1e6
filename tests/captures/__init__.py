"""Captures for the tests: invented minutes, as demanding as recorded ones, and what brute force says of any."""
