-- What a play says about the final score, from the home team's side.
CREATE VIEW game_score AS
SELECT
    game_id,
    play_id,
    game_seconds_remaining / 3600.0                          AS time_remaining_pct,
    power(game_seconds_remaining / 3600.0, 2)                AS time_remaining_squared,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END     AS home_possession,

    -- margin
    CASE WHEN posteam = home_team THEN score_differential ELSE -score_differential END AS home_score_differential,
    CASE WHEN posteam = home_team THEN score_differential ELSE -score_differential END * game_seconds_remaining / 3600.0
                                                             AS lead_time,
    spread_line,
    spread_line * game_seconds_remaining / 3600.0            AS spread_to_come,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END * (0.067 * (100.0 - yardline_100) - 0.9)
                                                             AS home_field_position,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END * (0.067 * (100.0 - yardline_100) - 0.9)
        * game_seconds_remaining / 3600.0                    AS home_field_position_time,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END * down AS home_down,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END * ydstogo AS home_distance,
    CASE WHEN qtr > 2 THEN 0.0 ELSE
        CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END
        * coalesce(receive_2h_ko,
                   CASE WHEN (posteam = home_team AND home_opening_kickoff = 0)
                          OR (posteam <> home_team AND home_opening_kickoff = 1) THEN 1.0 ELSE 0.0 END)
    END                                                      AS home_receives_second_half,
    CASE WHEN posteam = home_team THEN 1.0 ELSE -1.0 END * coalesce(avg(yards_gained) OVER form, 0.0)
                                                             AS home_momentum,

    -- total
    posteam_score + defteam_score                            AS points,
    (posteam_score + defteam_score) * game_seconds_remaining / 3600.0 AS points_time,
    total_line * game_seconds_remaining / 3600.0             AS points_to_come,
    abs(score_differential)                                  AS lead_size,
    abs(score_differential) * game_seconds_remaining / 3600.0 AS lead_size_time,
    1.0 - yardline_100 / 100.0                               AS field_position_pct,
    down,
    ydstogo                                                  AS distance
FROM plays
WHERE down IS NOT NULL AND play_type IS NOT NULL AND posteam IS NOT NULL
WINDOW form AS (PARTITION BY game_id, posteam ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW)
