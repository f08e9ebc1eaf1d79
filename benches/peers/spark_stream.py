"""The peer of `clutch serve` on Kafka in PySpark Structured Streaming: the `nfl` project's view `win_probability`, its
windows and its logistic model.

What it does: JSON in (from_json), WHERE, the event time, every feature of the view that the model takes and the model
itself as Spark's own SQL expressions. Windows over a number of rows do not exist on streams in Spark: the two over the last
10 and 20 plays of the team in its game are computed by applyInPandasWithState, its way to keep a state of one's own per key.
A play that comes out of order is put in its place within its batch only.
What it leaves out: the schema's checks, lateness, duplicates, dead letters, the view `game_score`, and of a prediction
everything but its id and its probability. Its source takes every event exactly once; its Kafka sink is at-least-once, it has
no other. Batches are of BATCH events, which is kind to its throughput.

    python spark_stream.py JOB.json CHECKPOINT_FOLDER

Works off what the topic holds and ends; after each batch it prints how many events it has taken, one number a line.
"""

import json
import os
import pathlib
import sys
import tomllib

import pandas as pd
from pyspark.sql import SparkSession, functions as f
from pyspark.sql.streaming import StreamingQueryListener
from pyspark.sql.streaming.state import GroupStateTimeout

# Fetched by Maven after spark.pom.xml.
JARS = pathlib.Path(sys.prefix) / "spark-jars"
BATCH = 50_000
LAST = 20
SQL_TYPES = {"int": "BIGINT", "float": "DOUBLE", "string": "STRING", "bool": "BOOLEAN"}
# Seconds since 1970, as the project's event_time says.
EVENT_TIME = """
unix_date(CAST(game_date AS DATE)) * 86400 +
CASE WHEN qtr <= 4 THEN 3600 - game_seconds_remaining
     ELSE 3600 + CASE WHEN season_type = 'POST' THEN 900 ELSE 600 END * (qtr - 4) - game_seconds_remaining END"""
PASSED = ["game_id", "play_id", "posteam", "event_time", "yards_gained", "interception", "fumble_lost",
          "score_differential", "margin"]  # fmt: skip
WINDOWS = ["yards_recent", "turnovers_recent", "lead_change", "own_plays_recent"]
FORM = ", ".join(f"{name} DOUBLE" for name in WINDOWS)


def main(job, checkpoint):
    with open(job) as file:
        job = json.load(file)
    with open(f"{job['project']}/clutch.toml", "rb") as file:
        fields = tomllib.load(file)["streams"]["plays"]["fields"]
    types = {name: SQL_TYPES[field if isinstance(field, str) else field["type"]] for name, field in fields.items()}
    schema = ", ".join(f"{name} {sql_type}" for name, sql_type in types.items())
    spark = session()
    spark.streams.addListener(Teller())
    source = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", job["kafka"])
        .option("subscribe", job["input"])
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", BATCH)
        .load()
    )
    plays = (
        source.select(f.from_json(f.col("value").cast("string"), schema).alias("play"))
        .select("play.*")
        .where("down IS NOT NULL AND play_type IS NOT NULL AND posteam IS NOT NULL")
        .withColumn("event_time", f.expr(EVENT_TIME))
    )
    with open(job["model"]) as file:
        model = json.load(file)["coefficients"]
    # As few columns as can be take the way through Python: what needs no window is added up before.
    plays = plays.withColumn("margin", margin(model, FEATURES)).select(*PASSED)
    with_form = plays.groupBy("game_id").applyInPandasWithState(
        form,
        f"game_id STRING, play_id BIGINT, margin DOUBLE, {FORM}",
        "form STRING",
        "append",
        GroupStateTimeout.NoTimeout,
    )
    query = (
        predictions(with_form.withColumn("margin", f.col("margin") + margin(model, WINDOWS)))
        .writeStream.format("kafka")
        .option("kafka.bootstrap.servers", job["kafka"])
        .option("topic", job["output"])
        .option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    spark.stop()


def session():
    # Its workers are to have the same packages.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    return (
        SparkSession.builder.appName("clutch-peer")
        .master(f"local[{os.cpu_count()}]")
        .config("spark.jars", ",".join(str(jar) for jar in sorted(JARS.glob("*.jar"))))
        .config("spark.driver.memory", "3g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        # One task of a shuffle for each core: two hundred of them, as it does by itself, would be far slower.
        .config("spark.sql.shuffle.partitions", os.cpu_count())
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )


class Teller(StreamingQueryListener):
    taken = 0

    def onQueryStarted(self, event):
        pass

    def onQueryProgress(self, event):
        self.taken += event.progress.numInputRows
        print(self.taken, flush=True)

    def onQueryIdle(self, event):
        pass

    def onQueryTerminated(self, event):
        pass


def form(key, frames, state):
    """The windows: what each team of a game did lately. Of each play its yards, turnovers and lead are kept."""
    teams = json.loads(state.get[0]) if state.exists else {}
    frames = list(frames)
    plays = (frames[0] if len(frames) == 1 else pd.concat(frames)).sort_values("event_time", kind="stable")
    leads = plays.score_differential
    turnovers = plays.interception + plays.fumble_lost.fillna(0.0)
    rows = []
    columns = (plays.posteam, absent(plays.yards_gained), absent(turnovers), absent(leads))
    for team, yards, lost, lead in zip(*columns):
        before = teams.setdefault(team, [])
        last = before[-10:]
        gained = [row[0] for row in last if row[0] is not None]
        oldest = before[-LAST:][0][2] if before else lead
        rows.append((
            sum(gained) / len(gained) if gained else None,
            float(sum(row[1] for row in last if row[1] is not None)),
            None if lead is None else lead - (lead if oldest is None else oldest),
            float(len(last)),
        ))  # fmt: skip
        before.append((yards, lost, lead))
        del before[:-LAST]
    state.update((json.dumps(teams),))
    found = pd.DataFrame(rows, columns=WINDOWS, index=plays.index, dtype=float)
    yield pd.concat([plays[["game_id", "play_id", "margin"]], found], axis="columns")


def absent(column):
    return column.astype(object).where(column.notna(), None)


LEFT = "game_seconds_remaining"
HOME = "posteam = home_team"
SCALE = f"sqrt(169.0D * {LEFT} / 3600.0D + 4.0D)"
SPREAD = f"CASE WHEN {HOME} THEN spread_line ELSE -spread_line END * {LEFT} / 3600.0D"
BALL = "0.067D * (100.0D - yardline_100) - 0.9D"
FEATURES = {
    "time_remaining_pct": f"{LEFT} / 3600.0D",
    "quarter": "qtr",
    "is_fourth_quarter": "qtr = 4",
    "is_first_half": "qtr <= 2",
    "is_second_half": "qtr > 2",
    "clock": f"CASE WHEN qtr <= 4 THEN {LEFT} - 900 * (4 - qtr) ELSE {LEFT} END",
    "score_differential": "score_differential",
    "home_score_differential": f"CASE WHEN {HOME} THEN score_differential ELSE -score_differential END",
    "current_home_score": f"CASE WHEN {HOME} THEN posteam_score ELSE defteam_score END",
    "current_away_score": f"CASE WHEN {HOME} THEN defteam_score ELSE posteam_score END",
    "is_close_game": "abs(score_differential) <= 7",
    "is_blowout": "abs(score_differential) > 21",
    "field_position_pct": "1.0D - yardline_100 / 100.0D",
    "down": "down",
    "distance": "ydstogo",
    "down_distance_ratio": "down / greatest(ydstogo, 1)",
    "is_home_team": HOME,
    "expected_lead": f"(score_differential + {SPREAD}) / {SCALE}",
    "expected_lead_with_ball": f"(score_differential + {BALL} + {SPREAD}) / {SCALE}",
    "scaled_lead": f"score_differential / {SCALE}",
    "scaled_lead_with_ball": f"(score_differential + {BALL}) / {SCALE}",
    "spread_to_come": SPREAD,
    "scaled_spread": f"{SPREAD} / {SCALE}",
    "scaled_field_position": f"({BALL}) / {SCALE}",
    "scaled_down": f"down / {SCALE}",
    "scaled_distance": f"ln(ydstogo + 1) / {SCALE}",
    "scaled_fourth_down": f"CASE WHEN down = 4 THEN 1.0D ELSE 0.0D END / {SCALE}",
    "leads_late": f"CASE WHEN score_differential > 0 THEN exp(-{LEFT} / 180.0D) ELSE 0.0D END",
    "trails_late": f"CASE WHEN score_differential < 0 THEN exp(-{LEFT} / 180.0D) ELSE 0.0D END",
    "receives_second_half": f"""CASE WHEN qtr > 2 THEN 0.0D ELSE coalesce(receive_2h_ko,
        CASE WHEN ({HOME} AND home_opening_kickoff = 0) OR (posteam <> home_team AND home_opening_kickoff = 1)
             THEN 1.0D ELSE 0.0D END) END / {SCALE}""",
    "timeouts_late": f"""CASE WHEN score_differential <= 0 THEN posteam_timeouts_remaining * exp(-{LEFT} / 180.0D)
        ELSE 0.0D END""",
    "opponent_timeouts_late": f"""CASE WHEN score_differential >= 0
        THEN defteam_timeouts_remaining * exp(-{LEFT} / 180.0D) ELSE 0.0D END""",
}


def margin(model, names):
    """The sum over the terms of these features; the intercept stands with those that need no window."""
    terms = [term for term in model["terms"] if term["feature"] in names]
    assert len(model["terms"]) == len(FEATURES) + len(WINDOWS), "the model takes other features"
    total = f.lit(model["intercept"] if names is FEATURES else 0.0)
    for term in terms:
        value = f.expr(f"CAST({FEATURES.get(term['feature'], term['feature'])} AS DOUBLE)")
        total += f.lit(term["value"]) * f.coalesce(value, f.lit(term["imputation"]))
    return total


def predictions(plays):
    probability = f.lit(1.0) / (f.lit(1.0) + f.exp(-f.col("margin")))
    play = f.struct("game_id", "play_id").alias("id")
    value = f.to_json(f.struct(play, f.struct(probability.alias("probability")).alias("outputs")))
    return plays.select(f.col("game_id").alias("key"), value.alias("value"))


if __name__ == "__main__":
    main(*sys.argv[1:])
