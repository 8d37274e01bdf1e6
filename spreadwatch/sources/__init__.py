"""What plays without the exchange: captures, recordings, the demo."""
