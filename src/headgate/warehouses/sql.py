"""What every database asks for that is reached by its host."""

from __future__ import annotations

from headgate.kit import Settings, field


class Host(Settings):
    """The settings under the names that Segment's have."""

    hostname: str = field("Host", "The name or address of the server.")
    database: str = field("Database", "The database to load into; it must be there.")
    username: str = field("User name", "A user who may create schemas in the database.")
    password: str = field("Password", "The user's password.", secret=True)
