"""Tests of the window, each under an X server of its own."""
