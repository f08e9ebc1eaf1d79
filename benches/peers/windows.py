"""The peers of the batch host over windows: DuckDB running a view's own SQL, and pandas computing the same columns.

Everybody starts from columns in memory, event times included, in the order of the files, and ends with columns in
memory; sorting, filtering and windows are timed. Ties are broken by the row's number, as the view's own order does.
Prints one JSON object: for each engine and view the median seconds, how many values were compared with those that the
batch host gave, and of each column that differs how many values do in any bit, by how much at most, relative to the larger
one, and how many are NULL on one side only. For pandas also the time from rows that were sorted and filtered beforehand.

    python windows.py FOLDER_OF_PARQUET_FILES PROJECT THREADS VIEW.sql=OURS.parquet …
"""

import json
import os
import re
import statistics
import sys
import time
import tomllib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

REPETITIONS = 5
SQL_TYPES = {"int": "BIGINT", "float": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}
# Microseconds since 1970, as the project's event_time says.
EVENT_TIME = """
epoch_us(CAST(game_date AS TIMESTAMP)) + CAST(1000000 *
CASE WHEN qtr <= 4 THEN 3600 - game_seconds_remaining
     ELSE 3600 + CASE WHEN season_type = 'POST' THEN 900 ELSE 600 END * (qtr - 4) - game_seconds_remaining END AS BIGINT)"""


def table(folder, project, threads):
    """A connection with the plays as one table in memory, typed as the project declares its fields."""
    import duckdb

    database = duckdb.connect(":memory:", config={"threads": threads})
    with open(f"{project}/clutch.toml", "rb") as file:
        fields = tomllib.load(file)["streams"]["plays"]["fields"]
    files = f"read_parquet('{folder}/*.parquet', union_by_name = true)"
    present = {row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {files}").fetchall()}
    columns = []
    for name, field in fields.items():
        sql_type = SQL_TYPES[field if isinstance(field, str) else field["type"]]
        columns.append(f"CAST({name if name in present else 'NULL'} AS {sql_type}) AS {name}")
    database.execute("SET preserve_insertion_order = true")
    database.execute(f"CREATE TABLE typed AS SELECT {', '.join(columns)} FROM {files}")
    # A play without a clock is invalid.
    database.execute(f"""CREATE TABLE plays AS SELECT *, {EVENT_TIME} AS event_time, rowid AS place FROM typed
                         WHERE game_seconds_remaining IS NOT NULL ORDER BY rowid""")
    return database


def lowered(view):
    """The view's SQL as DuckDB takes it."""
    text = re.sub(r"--[^\n]*", "", open(view).read())
    select = re.sub(r"^\s*CREATE VIEW \w+ AS", "", text)
    select = re.sub(r"ROWS (\d+) PRECEDING", r"ROWS BETWEEN \1 PRECEDING AND CURRENT ROW", select)
    return select.replace("ORDER BY event_time", "ORDER BY event_time, place")


def run_duckdb(database, view):
    database.execute(f"CREATE OR REPLACE TEMP TABLE rows AS {lowered(view)}")


def ordered(plays):
    """What pandas does before windows: the order of the view's rows, and those that WHERE keeps."""
    plays = plays[plays.down.notna() & plays.play_type.notna() & plays.posteam.notna()]
    return plays.sort_values("event_time", kind="stable")


def form(plays):
    own = plays.groupby(["game_id", "posteam"], sort=False)
    number = own.cumcount().to_numpy()
    recent = own[["yards_gained", "wp", "ydstogo"]].rolling(10, min_periods=1, closed="left")

    def column(values):
        return values.reset_index(level=[0, 1], drop=True).reindex(plays.index).to_numpy()

    lead = own.score_differential
    return pd.DataFrame({
        "game_id": plays.game_id,
        "play_id": plays.play_id,
        "yards_mean": column(recent.yards_gained.mean()),
        "yards_sum": column(recent.yards_gained.sum()),
        "wp_sum": column(recent.wp.sum()),
        "distance_sum": column(recent.ydstogo.sum()),
        "plays": np.minimum(number, 10),
        "yards_least": column(recent.yards_gained.min()),
        "yards_most": column(recent.yards_gained.max()),
        "lead_then": np.where(number >= 20, lead.shift(20), lead.transform("first")),
        "lead_before": plays.groupby("game_id", sort=False).score_differential.shift(1),
    })  # fmt: skip


def win_probability(plays):
    from train_sklearn import features

    return features(plays).assign(game_id=plays.game_id, play_id=plays.play_id)


PANDAS = {"form": form, "win_probability": win_probability}


def seconds(run):
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compared(ours, theirs):
    """Values of the columns that both have, row by row of the same play."""
    keys = ["game_id", "play_id"]
    ours, theirs = (frame.sort_values(keys).reset_index(drop=True) for frame in (ours, theirs))
    assert (ours[keys].to_numpy() == theirs[keys].to_numpy()).all(), "other plays"
    values, differing = 0, {}
    for name in [name for name in ours.columns if name in theirs.columns and name not in keys]:
        a, b = (frame[name].astype("float64").to_numpy(na_value=np.nan) for frame in (ours, theirs))
        values += len(a)
        nulls = int((np.isnan(a) != np.isnan(b)).sum())
        differs = (a != b) & ~np.isnan(a) & ~np.isnan(b)
        if nulls or differs.any():
            scale = np.maximum(np.abs(a[differs]), np.abs(b[differs]))
            largest = float(np.max(np.abs(a[differs] - b[differs]) / scale, initial=0.0))
            differing[name] = {"unequal": int(differs.sum()), "nulls": nulls, "largest": largest}
    return {"values": values, "differing": differing}


def main(folder, project, threads, views):
    report = {}
    database = table(folder, project, threads)
    plays = database.execute("SELECT * FROM plays ORDER BY place").df()
    for pair in views:
        view, ours = pair.split("=")
        name = os.path.basename(view).removesuffix(".sql")
        expected = pq.read_table(ours).to_pandas()
        run_duckdb(database, view)
        result = database.execute("SELECT * FROM rows").df()
        report[f"duckdb/{name}"] = {
            "seconds": seconds(lambda: run_duckdb(database, view)),
            **compared(expected, result),
        }
        in_order = ordered(plays)
        report[f"pandas/{name}"] = {
            "seconds": seconds(lambda: PANDAS[name](ordered(plays))),
            "sorted_seconds": seconds(lambda: PANDAS[name](in_order)),
            **compared(expected, PANDAS[name](in_order)),
        }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
