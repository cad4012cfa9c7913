"""The API of the web app: people who signed in, known by a cookie."""
