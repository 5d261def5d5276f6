"""Microsoft Graph as one app without a user meets it (facts §5): people, apps, messages, notices.

`door` takes the calls, `calls` knows which function answers which and who may ask, `batch` asks
many at once. The rest is one file per noun.
"""
