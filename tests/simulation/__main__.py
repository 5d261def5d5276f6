"""Tell one story of the simulation and judge it."""

import argparse
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent), str(_HERE.parent.parent)]

from telling import tell  # noqa: E402

EPILOG = """\
A seed decides everything: the clock, the network, what Acumatica, Teams and the disk do, and who
presses what and when. The same seed tells the same story to the byte. Ends with 1 where a promise
of docs/reliability.md was broken.
"""


def main() -> int:
    asked = argparse.ArgumentParser(
        "python -m tests.simulation",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("seed", type=int, help="which story: any whole number")
    asked.add_argument(
        "what", nargs="?", choices=["all"],
        help="all: show first what the stand-ins and the audit trail saw",
    )  # fmt: skip
    wanted = asked.parse_args()
    told = tell(wanted.seed)
    if wanted.what:
        sys.stdout.write("\n".join([*told.chronicle, ""]))
    sys.stdout.write(told.text)
    broken = told.verdict.problems
    sys.stdout.write(f"\n{'✗ broken promises: ' if broken else '✓ every promise held'}")
    sys.stdout.write(f"{len(broken) or ''}\n")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
