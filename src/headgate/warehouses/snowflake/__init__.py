"""Snowflake."""

from headgate.kit import Settings, field
from headgate.warehouses.warehouse import Warehouse


class Account(Settings):
    account: str = field("Account", "The account's identifier, such as `myorg-account123`.")
    database: str = field("Database", "The database to load into; it must be there.")
    warehouse: str = field("Warehouse", "The virtual warehouse that loads run in.")
    username: str = field("User name", "A user who may create schemas in the database.")
    private_key: str = field(
        "Private key",
        "The user's private key, as PEM; Snowflake has its public half.",
        secret=True,
        long=True,
        key="privateKey",
    )


snowflake = Warehouse("Snowflake", "A database of a Snowflake account.", Account)
