"""What all tables are part of."""

from sqlalchemy import MetaData

metadata = MetaData()
