"""The peer of `clutch train`: the nfl project's win_probability model in pandas and scikit-learn.

Reads the same Parquet files, computes the same features as notebooks-data/nfl/views/win_probability.sql, splits at the
same season, and fits a logistic regression with the same penalty on standardised columns. Vectorised throughout; windows
by groupby. Prints one JSON object: what it learned from, how good it is, and how long each step took.

    python train_sklearn.py PATTERN_OF_PARQUET_FILES [SOLVER]
"""

import time

START = time.perf_counter()

import glob  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

TEST_FROM = 2022
COLUMNS = [
    "game_id", "play_id", "season", "season_type", "game_date", "home_team", "posteam", "qtr",
    "game_seconds_remaining", "down", "ydstogo", "yardline_100", "score_differential", "posteam_score", "defteam_score",
    "posteam_timeouts_remaining", "defteam_timeouts_remaining", "receive_2h_ko", "home_opening_kickoff", "play_type",
    "yards_gained", "interception", "fumble_lost", "spread_line", "result", "wp", "vegas_wp",
]  # fmt: skip


def load(pattern):
    files = sorted(glob.glob(pattern))
    # Not every source has every column: what is missing is NULL, as it is for the project.
    present = set().union(*(pq.read_schema(file).names for file in files))
    columns = [name for name in COLUMNS if name in present]
    plays = pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)
    plays = plays.reindex(columns=COLUMNS)
    plays = plays[plays.game_seconds_remaining.notna()].astype({"qtr": "int64", "ydstogo": "int64"})
    overtime = np.where(plays.season_type == "POST", 900, 600) * (plays.qtr - 4)
    clock = np.where(plays.qtr <= 4, 3600, 3600 + overtime) - plays.game_seconds_remaining
    plays["event_time"] = pd.to_datetime(plays.game_date) + pd.to_timedelta(clock, unit="s")
    plays = plays.sort_values("event_time", kind="stable")
    return plays[plays.down.notna() & plays.play_type.notna() & plays.posteam.notna()]


def features(plays):
    home = plays.posteam == plays.home_team
    lead = plays.score_differential
    left = plays.game_seconds_remaining
    t = left / 3600
    scale = np.sqrt(169 * t + 4)
    spread_to_come = np.where(home, plays.spread_line, -plays.spread_line) * t
    ball = 0.067 * (100 - plays.yardline_100) - 0.9
    late = np.exp(-left / 180)

    opening = plays.home_opening_kickoff
    receives = plays.receive_2h_ko.fillna((home & (opening == 0) | ~home & (opening == 1)).astype(float))

    plays = plays.assign(lost=plays.interception + plays.fumble_lost.fillna(0))
    own = plays.groupby(["game_id", "posteam"], sort=False)
    recent = own[["yards_gained", "lost"]].rolling(10, min_periods=1, closed="left")
    yards = recent["yards_gained"].mean().reset_index(level=[0, 1], drop=True).reindex(plays.index)
    turnovers = recent["lost"].sum().reset_index(level=[0, 1], drop=True).reindex(plays.index)
    number = own.cumcount()
    then = np.where(number >= 20, own.score_differential.shift(20), own.score_differential.transform("first"))

    return pd.DataFrame({
        "time_remaining_pct": t,
        "quarter": plays.qtr,
        "is_fourth_quarter": plays.qtr == 4,
        "is_first_half": plays.qtr <= 2,
        "is_second_half": plays.qtr > 2,
        "clock": np.where(plays.qtr <= 4, left - 900 * (4 - plays.qtr), left),
        "score_differential": lead,
        "home_score_differential": np.where(home, lead, -lead),
        "current_home_score": np.where(home, plays.posteam_score, plays.defteam_score),
        "current_away_score": np.where(home, plays.defteam_score, plays.posteam_score),
        "is_close_game": lead.abs() <= 7,
        "is_blowout": lead.abs() > 21,
        "field_position_pct": 1 - plays.yardline_100 / 100,
        "down": plays.down,
        "distance": plays.ydstogo,
        "down_distance_ratio": plays.down / np.maximum(plays.ydstogo, 1),
        "is_home_team": home,
        "expected_lead": (lead + spread_to_come) / scale,
        "expected_lead_with_ball": (lead + ball + spread_to_come) / scale,
        "scaled_lead": lead / scale,
        "scaled_lead_with_ball": (lead + ball) / scale,
        "spread_to_come": spread_to_come,
        "scaled_spread": spread_to_come / scale,
        "scaled_field_position": ball / scale,
        "scaled_down": plays.down / scale,
        "scaled_distance": np.log(plays.ydstogo + 1) / scale,
        "scaled_fourth_down": np.where(plays.down == 4, 1 / scale, 0),
        "leads_late": np.where(lead > 0, late, 0),
        "trails_late": np.where(lead < 0, late, 0),
        "receives_second_half": np.where(plays.qtr > 2, 0, receives) / scale,
        "timeouts_late": np.where(lead <= 0, plays.posteam_timeouts_remaining * late, 0),
        "opponent_timeouts_late": np.where(lead >= 0, plays.defteam_timeouts_remaining * late, 0),
        "yards_recent": yards,
        "turnovers_recent": turnovers.fillna(0),
        "lead_change": lead - pd.Series(then, index=plays.index).fillna(lead),
        "own_plays_recent": np.minimum(number, 10),
    }).astype(float)  # fmt: skip


def main(pattern, solver):
    imported = time.perf_counter()
    plays = load(pattern)
    loaded = time.perf_counter()
    inputs = features(plays)
    keep = (plays.result != 0) & plays.result.notna() & (plays.qtr <= 4)
    plays, inputs = plays[keep], inputs[keep]
    won = np.where(plays.posteam == plays.home_team, plays.result > 0, plays.result < 0).astype(int)
    train = (plays.season < TEST_FROM).to_numpy()
    computed = time.perf_counter()
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=1.0, solver=solver, max_iter=1000))
    model.fit(inputs[train], won[train])
    fitted = time.perf_counter()
    predicted = model.predict_proba(inputs[~train])[:, 1]
    truth = won[~train]
    references = {}
    for name in ("wp", "vegas_wp"):
        other = plays[name].to_numpy()[~train]
        known = ~np.isnan(other)
        references[name] = log_loss(truth[known], other[known])
    result = {
        "rows": {"train": int(train.sum()), "test": int((~train).sum())},
        "features": list(inputs.columns),
        "metrics": {
            "log_loss": log_loss(truth, predicted),
            "brier": brier_score_loss(truth, predicted),
            "auc": roc_auc_score(truth, predicted),
            "accuracy": accuracy_score(truth, predicted > 0.5),
        },
        "references": references,
    }
    end = time.perf_counter()
    result["seconds"] = {
        "import": imported - START,
        "load": loaded - imported,
        "features": computed - loaded,
        "fit": fitted - computed,
        "evaluate": end - fitted,
        "total": end - START,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "lbfgs")
