"""Whether the program behaves as another checkout of it does: to the character, and to the pixel."""
