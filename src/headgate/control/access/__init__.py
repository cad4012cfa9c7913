"""Who may do what: actors, the roles that they hold, and how they prove who they are."""
