"""Payloads of the streams into values, a file per kind of stream."""
