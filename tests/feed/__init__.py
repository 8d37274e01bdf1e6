"""Tests of the sources of quotes."""
