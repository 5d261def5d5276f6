"""What must survive a restart: SQLite tables behind named statements. Payloads are opaque JSON.

Every function takes the connection of a transaction, so that a change, its audit row and what it
causes are committed together. Knows neither Acumatica nor Teams.
"""
