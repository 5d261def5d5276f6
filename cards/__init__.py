"""How a document looks to a person in Teams: pure, from values to Adaptive Card JSON."""

from cards.chat import help_card, listing_card, text_card
from cards.render import document_card, summary
from cards.view import ListingRow, Mention, Situation, State

__all__ = [
    "ListingRow",
    "Mention",
    "Situation",
    "State",
    "document_card",
    "help_card",
    "listing_card",
    "summary",
    "text_card",
]
