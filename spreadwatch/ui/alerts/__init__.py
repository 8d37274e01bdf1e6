"""Alerts in the window: banner, list, rules."""
