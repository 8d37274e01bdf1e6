"""Tests of what plays without the exchange."""
