"""The evidence as tables: partitions, columns, what is chosen of them. Must not know what is estimated."""
