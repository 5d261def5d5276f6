"""The two stand-ins: places to deploy to with no account. They share no code with their clients."""
