"""Tests of spreadwatch; the folders mirror the package."""
