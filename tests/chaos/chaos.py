"""Replays plays through three `clutch serve` on Kafka and Redis while killing all of them, and checks what is left.

    python tests/chaos/chaos.py --binary target/release/clutch          (or: make chaos)

Everything is chosen by --seed, except how the processes run beside each other. What is promised, and how it is kept, is in
docs/streams.md.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections import Counter
from pathlib import Path

import checker
import wire
from events import messages, plays
from machines import Broker, Clutch, Redis

ROOT = Path(__file__).resolve().parents[2]
TOPIC, LETTERS, GROUP = "nfl-plays", "nfl-plays-dead-letters", "clutch-nfl-worker"
PARTITIONS, WORKERS = 4, 3
# What commands are told that need neither.
NOWHERE = {"KAFKA": "127.0.0.1:1", "REDIS_URL": "redis://127.0.0.1:1"}
# Nothing recovers slower than this, on a busy machine either.
PATIENCE = 300


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("CLUTCH_BINARY", ROOT / "target/release/clutch"), type=Path)
    parser.add_argument("--events", type=int, default=200_000, help="plays at least, beside what is planted among them")
    parser.add_argument("--workers", type=int, default=40, help="how often a worker is killed")
    parser.add_argument("--brokers", type=int, default=30, help="how often the broker is")
    parser.add_argument("--redis", type=int, default=30, help="how often Redis is")
    parser.add_argument("--seconds", type=int, default=900, help="how long the plays take where nothing holds them up")
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args()


def main():
    options = arguments()
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    say(f"seed {seed}: --seed {seed} does the same again")
    services = Path(os.environ.get("CLUTCH_SERVICES", ROOT / ".clutch/services"))
    folder = Path(tempfile.mkdtemp(prefix="clutch-chaos-"))
    # Ended from outside it ends what it started, as it does by itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(options, random.Random(seed), services, folder)
    try:
        findings = run.all()
    except Exception:
        say(f"what is left is in {folder}")
        raise
    except BaseException:
        run.end()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        run.end()
    if findings:
        for finding in findings:
            say(f"  {finding}")
        say(f"VIOLATED, with seed {seed}: {dict(findings.kinds)}; what is left is in {folder}")
        return 1
    shutil.rmtree(folder)
    say(f"nothing lost, nothing doubled, nothing different; seed {seed}")
    return 0


class Run:
    def __init__(self, options, dice, services, folder):
        self.options, self.dice, self.folder = options, dice, folder
        self.kafka_home = services / "kafka"
        self.redis_program = Path(os.environ.get("CLUTCH_REDIS_SERVER", services / "redis/bin/redis-server"))
        self.project = folder / "project"
        self.machines = []
        self.counts = Counter()

    def all(self):
        self.prepare()
        started = time.monotonic()
        self.storm()
        self.counts["seconds of the storm"] = round(time.monotonic() - started)
        found = self.harvest(self.broker)
        say("the same events once more, undisturbed")
        calm, calm_status, rows, outputs = self.calm(found)
        return self.compare(found, calm, calm_status, rows, outputs)

    # --- before

    def prepare(self):
        clutch = str(self.options.binary)
        call([clutch, "init", self.project, "--template", "nfl"])
        simulated = self.folder / "simulated"
        simulate = [clutch, "data", "simulate", "nfl", "--project", self.project, "--no-import", "--out"]
        call([*simulate, simulated, "--seasons", "2", "--first-season", "2022", "--games", "30"])
        self.manifest(clutch)
        for endpoint in checker.ENDPOINTS:
            call([clutch, "train", "--project", self.project, "--model", endpoint, "--data", f"plays={simulated}/*.parquet"],
                 env=NOWHERE)
        data = real_data()
        if data is None:
            say("CLUTCH_DATA names no real data: simulated plays instead")
            data = self.folder / "seasons"
            seasons = str(1 + self.options.events // 40_000)
            call([*simulate, data, "--seasons", seasons, "--first-season", "2019", "--seed", "7"])
        games = plays(data, self.fields, self.options.events)
        self.counts["plays"] = sum(len(game) for game in games)
        self.messages = list(messages(games, PARTITIONS, self.dice))
        say(f"{self.counts['plays']:,} plays of {len(games):,} games in {len(self.messages):,} messages")

    def manifest(self, clutch):
        """Two endpoints on two views, which repeat every column of their views; everything on Kafka and Redis."""
        path = self.project / "clutch.toml"
        text = path.read_text()
        declared = tomllib.loads(text)["streams"]["plays"]["fields"]
        field = lambda given: given if isinstance(given, dict) else {"type": given}  # noqa: E731
        self.fields = {
            name: {"type": field(given)["type"], "outcome": field(given).get("outcome", False)}
            for name, given in declared.items()
        }
        text = re.split(r"^\[endpoints\.", text, maxsplit=1, flags=re.MULTILINE)[0]
        for endpoint, view in checker.VIEWS.items():
            shown = call([clutch, "views", "show", view, "--json", "--project", self.project])
            columns = [column["name"] for column in last_json(shown)["columns"] if not column["identity"]]
            text += f'[endpoints.{endpoint}]\nmodel = "{endpoint}"\ninclude = {json.dumps(columns)}\n\n'
        text += '[connections]\nkafka = { bootstrap_servers = "${KAFKA}" }\nredis = { url = "${REDIS_URL}" }\n'
        path.write_text(text)

    # --- the storm

    def storm(self):
        self.broker = self.add(Broker("broker", self.folder, self.kafka_home))
        self.redis = self.add(Redis("redis", self.folder, self.redis_program))
        self.broker.start()
        self.redis.start()
        self.until("broker and Redis are up", lambda: self.broker.is_up() and self.redis.is_up())
        wire.create(self.broker.address, TOPIC, PARTITIONS)
        environment = {"KAFKA": self.broker.address, "REDIS_URL": self.redis.url}
        self.workers = [
            self.add(Clutch(f"worker-{number}", self.folder, self.options.binary, self.project, environment))
            for number in range(WORKERS)
        ]
        for worker in self.workers:
            worker.start()
        rate = len(self.messages) / self.options.seconds
        self.feeder = wire.Feeder(self.broker.address, TOPIC, iter(self.messages), rate, time.monotonic)
        self.feeder.start()
        self.feeder.allow(PARTITIONS)
        topics = [f"{TOPIC}-{endpoint}" for endpoint in checker.ENDPOINTS]
        self.until("the topics are there", lambda: topics_are_there(self.broker.address, topics))
        self.watch = wire.Watch(self.broker.address, topics, PARTITIONS)
        self.watch.start()

        kills = (["worker"] * self.options.workers + ["broker"] * self.options.brokers + ["redis"] * self.options.redis)
        self.dice.shuffle(kills)
        share = len(self.messages) / (len(kills) + 1)
        for number, what in enumerate(kills):
            # Each at a random place in the flow of events, and never before the last one is got over.
            place = int((number + 0.2 + 0.8 * self.dice.random()) * share)
            self.feeder.allow(int((number + 2) * share))
            before = self.watch.seen
            self.until("so many events are sent", lambda place=place: self.feeder.sent >= place)
            self.until("predictions come again", lambda before=before: self.watch.seen > before)
            self.rest(self.dice.random() * 0.5)
            how = self.strike(what)
            say(f"{number + 1:4}/{len(kills)}  {how:28}  {self.feeder.sent:9,} sent  {self.watch.seen:9,} predicted")
        self.feeder.allow(len(self.messages))
        self.until("every event is sent", lambda: not self.feeder.is_alive())
        if self.feeder.failure or self.feeder.delivered != len(self.messages):
            raise RuntimeError(f"the feeder delivered {self.feeder.delivered}: {self.feeder.failure}")
        say("the storm is over")
        self.until("everything is worked off", lambda: self.lag(self.broker) == 0)
        self.watch.ending.set()
        self.watch.join()
        self.stop(self.workers)
        self.status = self.workers[0].ask("stream", "status", "--states")

    def strike(self, what):
        self.counts[f"{what} killed"] += 1
        if what == "worker":
            victim = self.dice.choice(self.workers)
            victim.kill()
            self.rest(self.dice.random())
            if not victim.is_alive():
                victim.start()
            return f"{victim.name} killed"
        machine = self.broker if what == "broker" else self.redis
        machine.kill()
        how = "killed"
        if what == "redis":
            back = self.dice.choice(["kept", "kept", "older", "empty"])
            machine.put_back(back)
            self.counts[f"redis came back {back}"] += 1
            how = f"killed, comes back {back}"
        self.rest(self.dice.random())
        machine.start()
        self.until(f"{what} is up again", machine.is_up)
        return f"{what} {how}"

    def rest(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            time.sleep(0.02)

    def until(self, what, holds):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            self.tend()
            if time.monotonic() > deadline:
                tails = "\n".join(f"--- {machine.name}\n{machine.tail()}" for machine in self.machines)
                raise RuntimeError(f"not within {PATIENCE} s: {what}\n{tails}")
            time.sleep(0.02)

    def tend(self):
        """A worker that gave up, for want of a broker when it started, is started again, as whoever runs it would."""
        for worker in getattr(self, "workers", []):
            if worker.process is not None and not worker.is_alive() and not worker.stopped:
                if worker.process.returncode != -9:
                    self.counts["worker gave up and was started again"] += 1
                worker.start()

    def lag(self, broker):
        return wire.lag(broker.address, GROUP, TOPIC, PARTITIONS)

    def stop(self, workers):
        for worker in workers:
            worker.stopped = True
        for worker in workers:
            code = worker.terminate()
            if code != 0:
                raise RuntimeError(f"{worker.name} ended with {code}:\n{worker.tail()}")

    # --- after

    def harvest(self, broker):
        read = lambda topic, **more: wire.read_all(broker.address, topic, PARTITIONS, **more)  # noqa: E731
        found = {"inputs": read(TOPIC), "letters": read(LETTERS)}
        found |= {endpoint: read(f"{TOPIC}-{endpoint}") for endpoint in checker.ENDPOINTS}
        if broker is self.broker:
            for endpoint in checker.ENDPOINTS:
                everything = read(f"{TOPIC}-{endpoint}", isolation="read_uncommitted")
                aborted = sum(map(len, everything)) - sum(map(len, found[endpoint]))
                self.counts["predictions in transactions that were cut off"] += aborted
        return found

    def calm(self, found):
        """The same log on a broker of its own, worked by one process that nobody disturbs."""
        broker, redis = Broker("calm-broker", self.folder, self.kafka_home), Redis("calm-redis", self.folder, self.redis_program)
        for machine in (self.broker, self.redis):
            machine.kill()
        for machine in (self.add(broker), self.add(redis)):
            machine.start()
        self.until("broker and Redis are up", lambda: broker.is_up() and redis.is_up())
        wire.create(broker.address, TOPIC, PARTITIONS)
        sender = wire.producer(broker.address)
        for partition, records in enumerate(found["inputs"]):
            for _, key, value, _ in records:
                sender.produce(TOPIC, key=key, value=value, partition=partition)
                sender.poll(0)
            sender.flush()
        environment = {"KAFKA": broker.address, "REDIS_URL": redis.url}
        worker = self.add(Clutch("calm", self.folder, self.options.binary, self.project, environment))
        worker.stopped = True
        worker.start()
        self.until("everything is worked off", lambda: self.lag(broker) == 0)
        rows = {endpoint: self.batch_rows(endpoint, found["inputs"]) for endpoint in checker.ENDPOINTS}
        self.until("it answers", lambda: worker.http() is not None)
        outputs = {
            endpoint: predicted(worker.http(), endpoint, self.inputs(endpoint), rows[endpoint]) for endpoint in checker.ENDPOINTS
        }
        self.stop([worker])
        return self.harvest(broker), worker.ask("stream", "status", "--states"), rows, outputs

    def batch_rows(self, endpoint, inputs):
        """The rows of the batch host over the log, in its order. What is refused whatever came before it is left out: files
        have no append times, and a line may not be JSON."""
        self.fates = checker.fates(inputs, self.types())
        log, out = self.folder / "log.jsonl", self.folder / f"{endpoint}.jsonl"
        with log.open("wb") as lines:
            for records, fates in zip(inputs, self.fates):
                for (_, _, value, _), (fate, stage) in zip(records, fates):
                    if fate != "dead" or stage in ("late", "duplicate"):
                        lines.write(value + b"\n")
        view = checker.VIEWS[endpoint]
        told = last_json(call(
            [self.options.binary, "features", "--project", self.project, "--view", view, "--data", f"plays={log}", "--order",
             "served", "--out", out, "--json"],
            env=NOWHERE))
        self.batch_counts = {"late": told["late"], "duplicate": told["duplicate"]}
        with out.open() as lines:
            return [json.loads(line) for line in lines]

    def inputs(self, endpoint):
        shown = last_json(call([self.options.binary, "models", "show", endpoint, "--json", "--project", self.project], env=NOWHERE))
        return [feature["name"] for feature in shown["manifest"]["signature"]["features"]]

    def types(self):
        return {name: field["type"] for name, field in self.fields.items() if not field["outcome"]}

    def compare(self, found, calm, calm_status, rows, outputs):
        """What is wrong, if anything; and whether the check itself would have found it."""
        findings = self.judge(found, calm, calm_status, rows, outputs, self.counts)
        if not findings:
            for fault, broken in checker.planted(found, self.dice):
                if not self.judge(broken, calm, calm_status, rows, outputs, Counter()):
                    findings.add("the check does not find a planted fault", fault)
                self.counts["planted faults that the check was tried with"] += 1
        for what, count in self.counts.items():
            say(f"{count:12,}  {what}")
        return findings

    def judge(self, found, calm, calm_status, rows, outputs, counts):
        findings = checker.Findings()
        stages = checker.check_dead_letters(findings, found["inputs"], self.fates, found["letters"])
        for stage, count in self.batch_counts.items():
            if stages[stage] != count:
                findings.add("the batch host decides otherwise", f"{count} {stage}, not {stages[stage]}")
        for endpoint in checker.ENDPOINTS:
            told = checker.check_predictions(
                findings, endpoint, found["inputs"], self.fates, found[endpoint],
                grouped(rows[endpoint], rows[endpoint]), grouped(rows[endpoint], outputs[endpoint]))
            counts[f"{endpoint} predictions"] = told
            checker.same_predictions(findings, endpoint, found[endpoint], calm[endpoint])
        storm, quiet = self.status["streams"]["plays"], calm_status["streams"]["plays"]
        if storm["state_hash"] != quiet["state_hash"] or storm["state_hash"] is None:
            findings.add("the states are not an undisturbed run's", f"{storm['state_hash']} for {quiet['state_hash']}")
        for name in ("accepted", "late", "duplicate", "future", "invalid", "predictions", "unserved", "keys"):
            if storm["totals"][name] != quiet["totals"][name]:
                findings.add("counters are not an undisturbed run's", f"{name}: {storm['totals'][name]} for {quiet['totals'][name]}")
        counts["messages in the log"] = sum(map(len, found["inputs"]))
        counts["keys with a state"] = storm["totals"]["keys"]
        for stage, count in sorted(stages.items()):
            counts[f"dead letters, {stage}"] = count
        return findings

    def add(self, machine):
        machine.stopped = False
        self.machines.append(machine)
        return machine

    def end(self):
        for machine in self.machines:
            machine.kill()


def grouped(rows, values):
    """The values of rows by their game, in order."""
    games = {}
    for row, value in zip(rows, values):
        games.setdefault(row["game_id"], []).append(value)
    return {game: iter(values) for game, values in games.items()}


def predicted(http, endpoint, inputs, rows):
    """What the endpoint's model makes of rows of the batch host."""
    outputs = []
    for start in range(0, len(rows), checker.BATCH):
        features = [{name: row[name] for name in inputs} for row in rows[start : start + checker.BATCH]]
        body = json.dumps({"endpoint": endpoint, "features": features}).encode()
        request = urllib.request.Request(
            f"http://{http}/predict/batch", data=body, headers={"Content-Type": "application/json"})
        answer = json.loads(urllib.request.urlopen(request, timeout=60).read())
        if answer["failed"]:
            raise RuntimeError(f"{endpoint}: {next(r for r in answer['results'] if 'problem' in r)}")
        outputs += [result["outputs"] for result in answer["results"]]
    return outputs


def topics_are_there(broker, topics):
    try:
        there = wire.AdminClient({"bootstrap.servers": broker}).list_topics(timeout=5).topics
        return all(topic in there for topic in topics)
    except Exception:  # noqa: BLE001 the broker may be away
        return False


def real_data():
    folder = Path(os.environ.get("CLUTCH_DATA", ROOT / "../shared/data")) / "nfl_pbp"
    return folder if any(folder.glob("*.parquet")) else None


def call(command, env=None):
    done = subprocess.run(
        [str(part) for part in command], env={**os.environ, **(env or {})}, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
