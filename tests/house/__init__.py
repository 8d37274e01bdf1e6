"""How easily a stranger finds the right room: what is measured of the package's shape, and the bars."""
