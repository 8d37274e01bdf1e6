"""Ways an alert leaves the program."""
