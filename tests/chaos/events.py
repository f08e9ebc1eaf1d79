"""Plays as producers send them, with events among them that are late, sent twice, or poison."""

import json
from pathlib import Path

import pyarrow.parquet as parquet

# How many games are under way at the same time.
LIVE = 48
# Of a thousand plays so many are sent again, come too late, or are followed by one that nobody can use.
REPEATED, HELD_BACK, POISONED = 10, 10, 10
# A repetition follows its play after so many plays of its game; what is held back comes after a quarter of an hour.
SOON, MUCH_LATER = 4, 60


def plays(data, fields, wanted):
    """Games in the order of the files, each a list of plays, until there are `wanted` plays."""
    count, games = 0, {}
    for path in sorted(Path(data).glob("*.parquet")):
        there = parquet.read_schema(path).names
        columns = [name for name, field in fields.items() if name in there and not field["outcome"]]
        table = parquet.read_table(path, columns=columns)
        for row in table.to_pylist():
            event = {name: typed(value, fields[name]["type"]) for name, value in row.items() if value is not None}
            games.setdefault(event["game_id"], []).append(event)
            count += 1
            if count >= wanted:
                return list(games.values())
    return list(games.values())


def typed(value, kind):
    if kind == "int":
        return int(value)
    if kind == "float":
        return float(value)
    return value


def messages(games, partitions, dice):
    """(key, value, partition or None) of each message, in the order in which they are sent: the plays of a game in their own
    order, those of many games in turn."""
    waiting = [disturbed(game, partitions, dice) for game in games]
    live = [iter(game) for game in waiting[:LIVE]]
    coming = iter(waiting[LIVE:])
    while live:
        place = dice.randrange(len(live))
        message = next(live[place], None)
        if message is not None:
            yield message
            continue
        following = next(coming, None)
        if following is None:
            del live[place]
        else:
            live[place] = iter(following)


def disturbed(game, partitions, dice):
    sent, later = [], []
    for number, play in enumerate(game):
        what = dice.randrange(1_000)
        message = (play["game_id"].encode(), json.dumps(play).encode(), None)
        if what < HELD_BACK:
            later.append((number + MUCH_LATER, message))
        else:
            sent.append(message)
        if HELD_BACK <= what < HELD_BACK + REPEATED:
            later.append((number + 1 + dice.randrange(SOON), message))
        if dice.randrange(1_000) < POISONED:
            sent.append(poison(play, partitions, dice))
        sent.extend(message for due, message in later if due <= number)
        later = [(due, message) for due, message in later if due > number]
    return sent + [message for _, message in later]


def poison(play, partitions, dice):
    """An event that cannot be used, of one of many kinds."""
    key, text = play["game_id"].encode(), json.dumps(play)

    def changed(**fields):
        return json.dumps({name: value for name, value in {**play, **fields}.items() if value is not None}).encode()

    kinds = [
        lambda: (key, text[: len(text) // 2].encode(), None),
        lambda: (key, b"\xff\xfe" + text.encode(), None),
        lambda: (key, b"", None),
        lambda: (key, b"[1, 2, 3]", None),
        lambda: (key, b'{"a":' * 200 + b"1" + b"}" * 200, None),
        lambda: (key, changed(qtr="first"), None),
        lambda: (key, changed(qtr=9), None),
        lambda: (key, changed(play_id=None), None),
        lambda: (key, changed(down=7), None),
        lambda: (key, changed(game_date="soon"), None),
        lambda: (key, changed(game_date="2199-01-01"), None),
        # Where its key is not at home.
        lambda: (key, text.encode(), dice.randrange(partitions)),
    ]
    return dice.choice(kinds)()
