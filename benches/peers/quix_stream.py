"""The peer of `clutch serve` on Kafka in Quix Streams: the `nfl` project's view `win_probability`, its windows and its
logistic model, exactly once.

What it does: JSON in, WHERE, the event time, every feature of the view that the model takes, the two windows over the
last 10 and 20 plays of the team in its game (in the order of event time, out of a state of Quix's own: RocksDB, with a
changelog topic), the model, JSON out. What it leaves out: the schema's checks, lateness, duplicates, dead letters, the view
`game_score`, and of a prediction everything but its id and its probability. It commits once a second:
oftener would cost throughput, and its own five seconds would be seen at the end of a measurement.

    python quix_stream.py JOB.json STATE_FOLDER

Runs until it gets a SIGTERM; several in one group share out the partitions.
"""

import bisect
import datetime
import functools
import json
import math
import sys

from quixstreams import Application
from quixstreams.models import TopicConfig

LAST = 20


def main(job, state_folder):
    with open(job) as file:
        job = json.load(file)
    model = Model(job["model"])
    app = Application(
        broker_address=job["kafka"],
        consumer_group=job["group"],
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=1.0,
        state_dir=state_folder,
        loglevel="WARNING",
    )
    config = TopicConfig(num_partitions=job["partitions"], replication_factor=1)
    plays = app.topic(job["input"], key_deserializer="str", value_deserializer="json", config=config)
    predictions = app.topic(job["output"], key_serializer="str", value_serializer="json", config=config)
    stream = app.dataframe(plays)
    stream = stream.filter(kept).apply(model.predict, stateful=True)
    stream.to_topic(predictions)
    app.run()


def kept(play):
    return play.get("down") is not None and play.get("play_type") is not None and play.get("posteam") is not None


class Model:
    def __init__(self, path):
        with open(path) as file:
            coefficients = json.load(file)["coefficients"]
        self.intercept = coefficients["intercept"]
        self.terms = [(term["feature"], term["value"], term["imputation"]) for term in coefficients["terms"]]

    def predict(self, play, state):
        features = state_of_play(play) | form(play, state)
        margin = self.intercept
        for name, coefficient, imputation in self.terms:
            value = features[name]
            margin += coefficient * (imputation if value is None else value)
        probability = 1.0 / (1.0 + math.exp(-margin))
        return {
            "id": {"game_id": play["game_id"], "play_id": play["play_id"]},
            "outputs": {"probability": probability},
        }


def form(play, state):
    """The windows: what the team did lately. Of each play its time, yards, turnovers and lead are kept."""
    team, lead = play["posteam"], play.get("score_differential")
    plays = state.get(team, [])
    time = event_time(play)
    place = bisect.bisect_right(plays, time, key=lambda row: row[0])
    before = plays[max(place - 10, 0) : place]
    yards = [row[1] for row in before if row[1] is not None]
    interception = play.get("interception")
    turnovers = None if interception is None else interception + play.get("fumble_lost", 0.0)
    oldest = plays[max(place - LAST, 0)][3] if place else lead
    plays.insert(place, [time, play.get("yards_gained"), turnovers, lead])
    # Some more than a window: a play that comes late has plays behind it.
    state.set(team, plays[-(LAST + 10) :])
    return {
        "yards_recent": sum(yards) / len(yards) if yards else None,
        "turnovers_recent": sum(row[2] for row in before if row[2] is not None),
        "lead_change": None if lead is None else lead - (lead if oldest is None else oldest),
        "own_plays_recent": len(before),
    }


def event_time(play):
    left, quarter = play["game_seconds_remaining"], play["qtr"]
    if quarter <= 4:
        clock = 3600 - left
    else:
        clock = 3600 + (900 if play.get("season_type") == "POST" else 600) * (quarter - 4) - left
    return midnight(play["game_date"]) + clock


@functools.lru_cache(maxsize=10_000)
def midnight(date):
    return datetime.date.fromisoformat(date).toordinal() * 86_400


def state_of_play(play):
    """Everything but the windows, NULL where an operand is."""
    left, quarter = play["game_seconds_remaining"], play["qtr"]
    lead, spread = play.get("score_differential"), play.get("spread_line")
    to_go, yardline, down = play.get("ydstogo"), play.get("yardline_100"), play["down"]
    own, other = play.get("posteam_score"), play.get("defteam_score")
    home = play["posteam"] == play["home_team"]
    share = left / 3600.0
    scale = 1.0 / math.sqrt(169.0 * left / 3600.0 + 4.0)
    late = math.exp(-left / 180.0)
    spread_to_come = None if spread is None else (spread if home else -spread) * share
    ball = None if yardline is None else 0.067 * (100.0 - yardline) - 0.9
    with_ball = None if lead is None or ball is None else lead + ball
    return {
        "time_remaining_pct": share,
        "quarter": quarter,
        "is_fourth_quarter": quarter == 4,
        "is_first_half": quarter <= 2,
        "is_second_half": quarter > 2,
        "clock": left - 900 * (4 - quarter) if quarter <= 4 else left,
        "score_differential": lead,
        "home_score_differential": None if lead is None else lead if home else -lead,
        "current_home_score": own if home else other,
        "current_away_score": other if home else own,
        "is_close_game": None if lead is None else abs(lead) <= 7,
        "is_blowout": None if lead is None else abs(lead) > 21,
        "field_position_pct": None if yardline is None else 1.0 - yardline / 100.0,
        "down": down,
        "distance": to_go,
        # Integers divide as real numbers, and greatest() skips NULL.
        "down_distance_ratio": down / max(1 if to_go is None else to_go, 1),
        "is_home_team": home,
        "expected_lead": None if lead is None or spread_to_come is None else (lead + spread_to_come) * scale,
        "expected_lead_with_ball": None
        if with_ball is None or spread_to_come is None
        else (with_ball + spread_to_come) * scale,
        "scaled_lead": None if lead is None else lead * scale,
        "scaled_lead_with_ball": None if with_ball is None else with_ball * scale,
        "spread_to_come": spread_to_come,
        "scaled_spread": None if spread_to_come is None else spread_to_come * scale,
        "scaled_field_position": None if ball is None else ball * scale,
        "scaled_down": down * scale,
        "scaled_distance": None if to_go is None else math.log(to_go + 1) * scale,
        "scaled_fourth_down": scale if down == 4 else 0.0,
        "leads_late": late if lead is not None and lead > 0 else 0.0,
        "trails_late": late if lead is not None and lead < 0 else 0.0,
        "receives_second_half": 0.0 if quarter > 2 else receives(play, home) * scale,
        "timeouts_late": timeouts(play.get("posteam_timeouts_remaining"), lead is not None and lead <= 0, late),
        "opponent_timeouts_late": timeouts(play.get("defteam_timeouts_remaining"), lead is not None and lead >= 0, late),
    }


def receives(play, home):
    told = play.get("receive_2h_ko")
    if told is not None:
        return told
    return 1.0 if play.get("home_opening_kickoff") == (0 if home else 1) else 0.0


def timeouts(left, counts, late):
    if not counts:
        return 0.0
    return None if left is None else left * late


if __name__ == "__main__":
    main(*sys.argv[1:])
