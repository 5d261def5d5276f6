"""The admin page: how the service is, every document's story, what waits, and a few presses."""
