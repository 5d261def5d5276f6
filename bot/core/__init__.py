"""Every decision of the product as pure functions over values: no clock, no network, no store."""
