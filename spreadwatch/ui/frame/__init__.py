"""What surrounds the cards: window, header, status bar, menu, keys, screens of faults."""
