"""Tables, one file a subject; columns and constraints, no statements."""
