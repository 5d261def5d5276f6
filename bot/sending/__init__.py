"""From the outbox to Teams: turns, windows, rendering, and where a message can go."""
