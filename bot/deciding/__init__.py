"""From a press to an act in Acumatica: claims, dialogs, the runner of the ledger."""
