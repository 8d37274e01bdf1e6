"""Live spread between Binance spot and USD-M futures."""

__version__ = "0.1.0"
