"""How properties of the pure core are tried: often, and without a stopwatch."""

from hypothesis import settings

settings.register_profile("pure", max_examples=30, deadline=None)
settings.load_profile("pure")
