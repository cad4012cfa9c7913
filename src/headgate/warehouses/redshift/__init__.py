"""Amazon Redshift."""

from headgate.kit import field
from headgate.warehouses.sql import Host
from headgate.warehouses.warehouse import Warehouse


class Cluster(Host):
    port: int = field("Port", "Where the cluster listens.", default=5439, minimum=1, maximum=65535)


redshift = Warehouse("Redshift", "A database of an Amazon Redshift cluster.", Cluster)
