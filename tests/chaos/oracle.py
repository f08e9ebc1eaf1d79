"""What must become of each event of a log, by the rules of docs/streams.md for the `nfl` project. It shares nothing with
Clutch: the rules are written here once more, as plainly as they can be."""

import json
from datetime import datetime, timezone

SECOND = 1_000_000
LATENESS = 300 * SECOND
DEDUPE = LATENESS
MAX_AHEAD = 86_400 * SECOND
DEEPEST = 128
REQUIRED = ("game_id", "play_id", "home_team", "away_team", "qtr")
BETWEEN = {
    "qtr": (1, 8), "game_seconds_remaining": (0, 3600), "down": (1, 4), "ydstogo": (0, 100), "yardline_100": (0, 100),
    "posteam_timeouts_remaining": (0, 3), "defteam_timeouts_remaining": (0, 3),
}


class Refused(Exception):
    """The stage at which an event goes to the dead letters."""


def judge(records, partition, partitions, types):
    """For each record (key, value, append time in microseconds) of a partition: (`row`, event), (`dropped`, event) for one
    that is folded and makes no row, or (`dead`, stage)."""
    clocks, fates = {}, []
    for _, value, appended in records:
        try:
            event, time = usable(value, partition, partitions, types)
            clocks.setdefault(event["game_id"], Clock()).accept(event, time, appended)
        except Refused as stage:
            fates.append(("dead", str(stage)))
            continue
        kept = all(event.get(name) is not None for name in ("down", "play_type", "posteam"))
        fates.append(("row" if kept else "dropped", event))
    return fates


class Clock:
    """Of one game: its newest event, and which plays it has had of late."""

    def __init__(self):
        self.newest, self.times = None, {}

    def accept(self, event, time, appended):
        if time > appended + MAX_AHEAD:
            raise Refused("future")
        if self.newest is not None and time < self.newest - LATENESS:
            raise Refused("late")
        before = self.times.get(event["play_id"])
        if before is not None and before >= max(self.newest, time) - DEDUPE:
            raise Refused("duplicate")
        self.newest = time if self.newest is None else max(self.newest, time)
        self.times[event["play_id"]] = time


def usable(value, partition, partitions, types):
    event = decoded(value, types)
    for name in REQUIRED:
        if event.get(name) is None:
            raise Refused("validate")
    for name, (least, most) in BETWEEN.items():
        if event.get(name) is not None and not least <= event[name] <= most:
            raise Refused("validate")
    time = event_time(event)
    if time is None:
        raise Refused("validate")
    if home(event["game_id"].encode(), partitions) != partition:
        raise Refused("partition")
    return event, time


def decoded(value, types):
    try:
        event = json.loads((value or b"").decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("decode") from None
    if not isinstance(event, dict) or depth(event) > DEEPEST:
        raise Refused("decode")
    for name, kind in types.items():
        given = event.get(name)
        fits = {"string": str, "int": int, "float": (int, float), "bool": bool}[kind]
        if given is not None and (not isinstance(given, fits) or isinstance(given, bool) != (kind == "bool")):
            raise Refused("decode")
    return event


def depth(value):
    if isinstance(value, dict):
        return 1 + max((depth(inner) for inner in value.values()), default=0)
    return 0


def event_time(event):
    """The day of the game and its clock run forward, in microseconds."""
    try:
        day = datetime.strptime(event.get("game_date") or "", "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    left = event.get("game_seconds_remaining")
    if left is None:
        return None
    quarter = event["qtr"]
    overtime = 900 if event.get("season_type") == "POST" else 600
    clock = 3600 - left if quarter <= 4 else 3600 + overtime * (quarter - 4) - left
    return int(day.timestamp()) * SECOND + round(clock * SECOND)


def home(key, partitions):
    """The partition of a key as Kafka's Java client has it (murmur2)."""
    mask, factor = 0xFFFFFFFF, 0x5BD1E995
    mixed = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for place in range(0, whole, 4):
        word = int.from_bytes(key[place : place + 4], "little") * factor & mask
        word = (word ^ word >> 24) * factor & mask
        mixed = (mixed * factor & mask) ^ word
    rest = key[whole:]
    if rest:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * factor & mask
    mixed = (mixed ^ mixed >> 13) * factor & mask
    mixed ^= mixed >> 15
    return (mixed & 0x7FFFFFFF) % partitions
