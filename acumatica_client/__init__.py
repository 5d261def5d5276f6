"""The ERP's language: Acumatica's contract-based REST API and its push notifications.

Knows nothing of Teams, cards or storage. Protocol without I/O lives in `protocol`, `notifications`,
`entities`, `models`; the thin shells around it are `transport`, `session` and `client`.
"""
