"""Tests of a run: inbox, session, playback, alerts."""
