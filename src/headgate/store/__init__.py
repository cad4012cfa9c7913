"""What people configured: records, migrations, secrets, and the snapshot that roles hold."""
