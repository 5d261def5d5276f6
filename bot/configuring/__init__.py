"""What `countersign.toml` says, and what it would do: told before it does it."""
