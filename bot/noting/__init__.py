"""Notes in Acumatica: what was said and decided in Teams, written onto its document."""
