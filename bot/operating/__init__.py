"""What an operator sees and does: deliveries, replays, backups."""
