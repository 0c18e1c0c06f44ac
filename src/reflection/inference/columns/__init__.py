"""What a fit sees beside signals: accounts, movements, age, months, weekdays. Must not know what is found."""
