"""The cards of one symbol: its spread, quotes, costs, funding, and the evidence of an extreme."""
