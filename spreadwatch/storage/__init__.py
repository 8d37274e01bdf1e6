"""What was heard, kept: the recorder, one store per database, and the questions that can be asked."""
