"""Google BigQuery."""

from headgate.kit import Settings, field
from headgate.warehouses.warehouse import Warehouse


class Project(Settings):
    project_id: str = field(
        "Project ID", "The Google Cloud project that holds the datasets.", key="projectId"
    )
    location: str = field(
        "Location", "Where datasets are made, such as `US` or `EU`.", default="US"
    )
    credentials: str = field(
        "Credentials",
        "The key of a service account, as the JSON that Google Cloud gave.",
        secret=True,
        long=True,
    )


bigquery = Warehouse("BigQuery", "Datasets of a Google Cloud project.", Project)
