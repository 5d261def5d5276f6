"""What Acumatica tells: pushes, polls and comparisons become hints, hints become looks."""
