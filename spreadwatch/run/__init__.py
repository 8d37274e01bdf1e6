"""One run of the program: the inbox and its pump, the session, and what goes on beside it."""
