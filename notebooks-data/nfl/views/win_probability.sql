-- What a play looks like before the snap, from the possession team's side.
CREATE VIEW win_probability AS
SELECT
    game_id,
    play_id,

    -- time
    game_seconds_remaining / 3600.0                          AS time_remaining_pct,
    qtr                                                      AS quarter,
    qtr = 4                                                  AS is_fourth_quarter,
    qtr <= 2                                                 AS is_first_half,
    qtr > 2                                                  AS is_second_half,
    CASE WHEN qtr <= 4 THEN game_seconds_remaining - 900 * (4 - qtr) ELSE game_seconds_remaining END AS clock,

    -- score
    score_differential,
    CASE WHEN posteam = home_team THEN score_differential ELSE -score_differential END AS home_score_differential,
    CASE WHEN posteam = home_team THEN posteam_score ELSE defteam_score END AS current_home_score,
    CASE WHEN posteam = home_team THEN defteam_score ELSE posteam_score END AS current_away_score,
    abs(score_differential) <= 7                             AS is_close_game,
    abs(score_differential) > 21                             AS is_blowout,

    -- field
    1.0 - yardline_100 / 100.0                               AS field_position_pct,
    down,
    ydstogo                                                  AS distance,
    down / greatest(ydstogo, 1)                              AS down_distance_ratio,
    posteam = home_team                                      AS is_home_team,

    -- Stern (1994), "A Brownian motion model for the progress of sports scores": with the share t of the game left, the
    -- final lead is normal around lead + spread * t with a standard deviation of a * sqrt(t), a near 13 points; b = 2
    -- keeps the last seconds finite. The value of the ball where it lies is added to the lead in the second form.
    (score_differential
        + CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0)
        / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS expected_lead,
    (score_differential + 0.067 * (100.0 - yardline_100) - 0.9
        + CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0)
        / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS expected_lead_with_ball,
    score_differential / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS scaled_lead,
    (score_differential + 0.067 * (100.0 - yardline_100) - 0.9) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)
                                                             AS scaled_lead_with_ball,
    CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0
                                                             AS spread_to_come,
    CASE WHEN posteam = home_team THEN spread_line ELSE -spread_line END * game_seconds_remaining / 3600.0
        / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS scaled_spread,
    (0.067 * (100.0 - yardline_100) - 0.9) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)
                                                             AS scaled_field_position,
    down / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS scaled_down,
    ln(ydstogo + 1) / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS scaled_distance,
    CASE WHEN down = 4 THEN 1.0 ELSE 0.0 END / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0)
                                                             AS scaled_fourth_down,

    -- the last minutes: exp(-20 t) is 1 at the end, 0.72 a minute before it and 0.19 five minutes before it
    CASE WHEN score_differential > 0 THEN exp(-game_seconds_remaining / 180.0) ELSE 0.0 END AS leads_late,
    CASE WHEN score_differential < 0 THEN exp(-game_seconds_remaining / 180.0) ELSE 0.0 END AS trails_late,

    -- who gets the ball after half-time
    CASE WHEN qtr > 2 THEN 0.0 ELSE
        coalesce(receive_2h_ko,
                 CASE WHEN (posteam = home_team AND home_opening_kickoff = 0)
                        OR (posteam <> home_team AND home_opening_kickoff = 1) THEN 1.0 ELSE 0.0 END)
    END / sqrt(169.0 * game_seconds_remaining / 3600.0 + 4.0) AS receives_second_half,

    -- time-outs count while the clock is the enemy: the trailing team's, late
    CASE WHEN score_differential <= 0 THEN posteam_timeouts_remaining * exp(-game_seconds_remaining / 180.0) ELSE 0.0 END
                                                             AS timeouts_late,
    CASE WHEN score_differential >= 0 THEN defteam_timeouts_remaining * exp(-game_seconds_remaining / 180.0) ELSE 0.0 END
                                                             AS opponent_timeouts_late,

    -- momentum: only plays before this one
    avg(yards_gained) OVER drive_form                        AS yards_recent,
    coalesce(sum(interception + coalesce(fumble_lost, 0.0)) OVER drive_form, 0.0) AS turnovers_recent,
    score_differential - coalesce(first_value(score_differential) OVER swing, score_differential) AS lead_change,
    count(*) OVER drive_form                                 AS own_plays_recent
FROM plays
WHERE down IS NOT NULL AND play_type IS NOT NULL AND posteam IS NOT NULL
WINDOW drive_form AS (PARTITION BY game_id, posteam ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW),
       swing      AS (PARTITION BY game_id, posteam ORDER BY event_time ROWS 20 PRECEDING)
