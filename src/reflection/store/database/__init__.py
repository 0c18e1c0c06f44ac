"""One SQL database: connections, transactions, the dialect, migrations. Must not know what is stored."""
