"""Walks the whole loop without changing anything, and says who can mend what does not work."""
