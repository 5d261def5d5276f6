"""What tests want done to Graph's notices. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployment.sandbox.teams.wire import Json, ShapeError, whole_in

TOKENS = ("v1", "v2", "foreign app", "foreign key", "expired", "other tenant", "none")
CONTENTS = ("good", "bad signature", "bad key")
MOST = 1000
_COUNTS = ("duplicate", "reorder", "drop")
_WORDS = {"token": TOKENS, "content": CONTENTS, "clientState": ("good", "wrong")}


@dataclass(slots=True)
class Mischief:
    """What a lever wants done to notices, and those held back to be shuffled."""

    duplicate: int = 0
    reorder: int = 0
    drop: int = 0
    words: dict[str, str] = field(
        default_factory=lambda: {name: words[0] for name, words in _WORDS.items()}
    )
    held: list[tuple[str, Json]] = field(default_factory=list)

    def change(self, wish: Mapping[str, object]) -> Json:
        """Apply the wish of a lever, or raise ShapeError; says how it stands."""
        for name, value in wish.items():
            if name in _WORDS:
                if value not in _WORDS[name]:
                    raise ShapeError(f"{name} must be one of: {', '.join(_WORDS[name])}.")
                self.words[name] = str(value)
            elif name in _COUNTS:
                setattr(self, name, whole_in(value, name, range(MOST)))
            else:
                raise ShapeError(f"“{name}” is unknown.")
        return {name: getattr(self, name) for name in _COUNTS} | self.words
