"""Ways an alert leaves the program. Each has threads, a queue and a limit of its own; none can hold up another."""
