"""Where quotes come from: the exchange's streams, a capture, or a generator. The only room with sockets."""
