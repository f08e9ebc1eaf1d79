-- Windows of every kind over plays, for measuring beside other engines: each has its counterpart in windows.py.
CREATE VIEW form AS
SELECT
    game_id,
    play_id,
    avg(yards_gained) OVER recent                            AS yards_mean,
    sum(yards_gained) OVER recent                            AS yards_sum,
    sum(wp) OVER recent                                      AS wp_sum,
    sum(ydstogo) OVER recent                                 AS distance_sum,
    count(*) OVER recent                                     AS plays,
    min(yards_gained) OVER recent                            AS yards_least,
    max(yards_gained) OVER recent                            AS yards_most,
    first_value(score_differential) OVER swing               AS lead_then,
    lag(score_differential, 1) OVER game                     AS lead_before
FROM plays
WHERE down IS NOT NULL AND play_type IS NOT NULL AND posteam IS NOT NULL
WINDOW recent AS (PARTITION BY game_id, posteam ORDER BY event_time ROWS 10 PRECEDING EXCLUDE CURRENT ROW),
       swing  AS (PARTITION BY game_id, posteam ORDER BY event_time ROWS 20 PRECEDING),
       game   AS (PARTITION BY game_id ORDER BY event_time)
