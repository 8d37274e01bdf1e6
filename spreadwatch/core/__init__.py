"""The model: quotes, legs, spreads, snapshots. Pure: no I/O, threads, clocks, logging or tkinter."""
