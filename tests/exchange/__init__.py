"""A local exchange that speaks Binance's protocol over real sockets, and can misbehave as real ones did."""
