"""How the service and people sign in to Acumatica, and whose grants are kept."""
