"""Replies under cards: told by Graph or overheard, kept as comments; they decide nothing."""
