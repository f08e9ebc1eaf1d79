"""Compares what a storm has left with what must be there. Everything is read by bare consumers, the fate of each event is
decided by `oracle`, values come from the batch host, and nothing of the worker is used."""

import base64
import json
import math
import struct
from collections import Counter

from oracle import judge

ENDPOINTS = {"win_probability": "probability", "final_margin": "value"}
VIEWS = {"win_probability": "win_probability", "final_margin": "game_score"}
SHOWN = 5
BATCH = 500


class Findings(list):
    """What is wrong, in words; of each kind a few are shown."""

    def __init__(self):
        super().__init__()
        self.kinds = Counter()

    def add(self, kind, detail):
        self.kinds[kind] += 1
        if self.kinds[kind] <= SHOWN:
            self.append(f"{kind}: {detail}")


def fates(inputs, types):
    """What must become of each event, by partition."""
    return [
        judge([(key, value, time) for _, key, value, time in records], partition, len(inputs), types)
        for partition, records in enumerate(inputs)
    ]


def check_dead_letters(findings, inputs, wanted, letters):
    """Each rejected event once, with its stage and its bytes; no other."""
    found = Counter()
    for partition, records in enumerate(letters):
        for _, _, value, _ in records:
            letter = json.loads(value)
            place = (letter["partition"], letter["offset"])
            if letter["partition"] != partition:
                findings.add("a dead letter in a partition that is not its event's", letter)
            found[place] += 1
            if found[place] > 1:
                findings.add("an event has two dead letters", place)
                continue
            index = at(inputs[partition], letter["offset"])
            if index is None or wanted[partition][index] != ("dead", letter["stage"]):
                fate = None if index is None else wanted[partition][index][0:1] + (str(wanted[partition][index][1])[:80],)
                findings.add("a dead letter that should not be", f"{place} {letter['stage']}: {letter['reason']}; wanted {fate}")
            elif base64.b64decode(letter["raw_base64"]) != (inputs[partition][index][2] or b""):
                findings.add("a dead letter with other bytes than its event", place)
    for partition, records in enumerate(inputs):
        for (offset, _, value, _), (fate, stage) in zip(records, wanted[partition]):
            if fate == "dead" and not found[partition, offset]:
                findings.add("a rejected event without a dead letter", f"{partition}/{offset} {stage} {(value or b'')[:60]}")
    return Counter(stage for of_one in wanted for fate, stage in of_one if fate == "dead")


def check_predictions(findings, endpoint, inputs, wanted, predictions, rows, outputs):
    """Each kept event exactly one, in the order of the log, with the values of the batch host. `rows` are its rows in served
    order by game, `outputs` what the model makes of them."""
    name = ENDPOINTS[endpoint]
    for partition, records in enumerate(predictions):
        kept = [
            (offset, event) for (offset, *_), (fate, event) in zip(inputs[partition], wanted[partition]) if fate == "row"
        ]
        told = [json.loads(value) for _, _, value, _ in records]
        offsets = [prediction["offset"] for prediction in told]
        for offset, count in Counter(offsets).items():
            if count > 1:
                findings.add(f"{endpoint}: an event has {count} predictions", f"{partition}/{offset}")
        for offset in {offset for offset, _ in kept}.symmetric_difference(offsets):
            findings.add(f"{endpoint}: an event without a prediction, or a prediction without an event", f"{partition}/{offset}")
        if offsets != sorted(offsets):
            findings.add(f"{endpoint}: predictions are not in the order of the log", f"partition {partition}")
        by_offset = dict(zip(offsets, told))
        for offset, event in kept:
            prediction = by_offset.get(offset)
            if prediction is None:
                continue
            game = event["game_id"]
            row, output = next(rows[game], None), next(outputs[game], None)
            if row is None:
                findings.add(f"{endpoint}: the batch host has fewer rows", game)
                continue
            features = {k: v for k, v in row.items() if k in prediction["include"]}
            different = [
                (k, prediction["include"][k], v) for k, v in features.items() if bits(prediction["include"][k]) != bits(v)
            ]
            if (row["game_id"], row["play_id"]) != (game, event["play_id"]) or prediction["id"]["play_id"] != event["play_id"]:
                findings.add(f"{endpoint}: rows are not in the order of the log", f"{partition}/{offset}")
            elif different or len(features) != len(prediction["include"]):
                findings.add(f"{endpoint}: features are not the batch host's", f"{partition}/{offset} {different[:3]}")
            elif bits(prediction["outputs"][name]) != bits(output[name]):
                findings.add(
                    f"{endpoint}: a prediction is not the batch host's",
                    f"{partition}/{offset} {prediction['outputs'][name]!r} for {output[name]!r}")
    for game, left in rows.items():
        if next(left, None) is not None:
            findings.add(f"{endpoint}: the batch host has more rows", game)
    return sum(len(records) for records in predictions)


def same_predictions(findings, endpoint, one, other):
    """Those of an undisturbed run, in the same order."""
    def plain(records):
        told = (json.loads(value) for _, _, value, _ in records)
        return [(p["id"], p["outputs"], p["include"], p["event_time"], p["version"]) for p in told]

    for partition, (left, right) in enumerate(zip(one, other)):
        if bits(plain(left)) != bits(plain(right)):
            findings.add(f"{endpoint}: predictions are not an undisturbed run's", f"partition {partition}")


def planted(found, dice):
    """The same with a fault in it, each time another: a check that passes one of them proves nothing."""
    for topic in ("letters", *ENDPOINTS):
        partition = dice.choice([number for number, records in enumerate(found[topic]) if len(records) > 1])
        records = found[topic][partition]
        place = dice.randrange(len(records) - 1)

        def broken(changed, topic=topic, partition=partition):
            partitions = list(found[topic])
            partitions[partition] = changed
            return {**found, topic: partitions}

        def altered(change, records=records, place=place):
            offset, key, value, time = records[place]
            record = json.loads(value)
            change(record)
            return records[:place] + [(offset, key, json.dumps(record).encode(), time)] + records[place + 1 :]

        yield f"{topic}: one is lost", broken(records[:place] + records[place + 1 :])
        yield f"{topic}: one is doubled", broken(records[: place + 1] + records[place:])
        if topic == "letters":
            yield "a letter has another stage", broken(altered(lambda letter: letter.update(stage="other")))
            yield "a letter has other bytes", broken(altered(lambda letter: letter.update(raw_base64="AAAA")))
            continue
        name = ENDPOINTS[topic]
        swapped = records[:place] + [records[place + 1], records[place]] + records[place + 2 :]
        yield f"{topic}: two are exchanged", broken(swapped)
        yield f"{topic}: a bit of one is wrong", broken(
            altered(lambda record, name=name: record["outputs"].update({name: next_to(record["outputs"][name])})))
        yield f"{topic}: a bit of a feature is wrong", broken(altered(lambda record: spoil(record["include"])))


def next_to(number):
    return math.nextafter(number, math.inf)


def spoil(features):
    name = next(name for name, value in features.items() if isinstance(value, float))
    features[name] = next_to(features[name])


def at(records, offset):
    """Where the record with this offset stands."""
    low, high = 0, len(records)
    while low < high:
        middle = (low + high) // 2
        if records[middle][0] < offset:
            low = middle + 1
        else:
            high = middle
    return low if low < len(records) and records[low][0] == offset else None


def bits(value):
    """What tells 0.0 from -0.0 and 1 from 1.0."""
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, (list, tuple)):
        return [bits(inner) for inner in value]
    if isinstance(value, dict):
        return {name: bits(inner) for name, inner in value.items()}
    return (type(value).__name__, value)
