"""The store of a watch: passages, coverage by minute, how cameras are, and what settings ran, in SQLite or PostgreSQL."""
