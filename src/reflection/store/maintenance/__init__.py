"""What an operator asks of a database: backup, purge, verify."""
