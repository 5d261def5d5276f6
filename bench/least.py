"""The least time in which so many messages can go, whatever the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.core.schedule import Quotas, Window


def least_time(loads: Mapping[str, int], quotas: Quotas) -> float:
    """Return the seconds no schedule can beat for so many messages in each conversation.

    The last of a conversation cannot come before its own windows let it, and the last of all not
    before those of the tenant do.
    """
    own = (earliest(count, quotas.messages) for count in loads.values())
    return max(earliest(sum(loads.values()), quotas.tenant), *own)


def earliest(count: int, windows: Sequence[Window]) -> float:
    """Return when the last of *count* requests may come at the soonest, the first being at 0.

    t(k) = max over all windows (m in s seconds) of t(k - m) + s: each goes as soon as every window
    has room for it, which no other order can beat.
    """
    times: list[float] = []
    for number in range(count):
        fits = (times[number - one.most] + one.seconds for one in windows if number >= one.most)
        times.append(max(fits, default=0.0))
    return times[-1] if times else 0.0
