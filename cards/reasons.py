"""Why a decision ended, or why a card stands as it does: the sentences the store keeps.

They are kept in English and translated when a card is drawn. All of them are constant: they name no
amount and nobody, so that they may stand on a card in any channel.
"""

from __future__ import annotations

from cards.language import phrase

GONE = phrase("Acumatica no longer has this document.")
NOBODY = phrase("Nobody could be found in Teams who may decide this.")
UNASKED = phrase("Nobody is known who may decide this.")

KNOWN = frozenset(
    {
        GONE,
        phrase("Acumatica could not be reached in time, so nothing was done."),
        phrase(
            "The Acumatica user of who pressed is no longer connected, so nothing was done. A new"
            " press brings a link to connect it again."
        ),
        phrase("It needs approval in Acumatica first."),
        phrase("The document changed after the press, so nothing was done."),
        phrase("Acumatica shows a status that Countersign does not know."),
        phrase("The document no longer allows this, so nothing was done."),
        phrase("Acumatica refused it. The document's screen there shows why."),
        phrase("The hold is removed; it needs approval in Acumatica first."),
        phrase("Acumatica gave no answer, and nothing was done there."),
        phrase("What happened in Acumatica is not clear. An administrator must look."),
        phrase("It was done, but the document is not the one that was approved."),
        phrase("Two administrators have seen it."),
        phrase("Two administrators recorded that nothing was done in Acumatica."),
        phrase("Two administrators recorded that it was done in Acumatica."),
        phrase("Two administrators recorded that only a part of it was done in Acumatica."),
    }
)
