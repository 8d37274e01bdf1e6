"""Tests of the headless commands, run as processes of their own."""
