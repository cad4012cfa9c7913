"""PostgreSQL."""

from headgate.kit import field
from headgate.warehouses.sql import Host
from headgate.warehouses.warehouse import Warehouse


class Server(Host):
    port: int = field("Port", "Where the server listens.", default=5432, minimum=1, maximum=65535)


postgres = Warehouse("PostgreSQL", "A PostgreSQL database, your own or a hosted one.", Server)
