"""The ledger in a PostgreSQL database, which all deliver processes of a data folder share."""
