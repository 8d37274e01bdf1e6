"""Tests of the model, pure code against slow oracles."""
