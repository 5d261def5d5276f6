"""What this product does: look, decide, ask, act, tell. `core` is pure, everything else acts."""
