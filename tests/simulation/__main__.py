"""Tell one story and show it: `uv run python -m tests.simulation SEED`.

With `all` behind the seed everything the stand-ins and the audit saw is shown, too.
"""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent), str(_HERE.parent.parent)]

from telling import tell  # noqa: E402

if __name__ == "__main__":
    told = tell(int(sys.argv[1]))
    if "all" in sys.argv[2:]:
        sys.stdout.write("\n".join([*told.chronicle, ""]))
    sys.stdout.write(told.text)
    sys.exit(bool(told.verdict.problems))
