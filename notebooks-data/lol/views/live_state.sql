-- A match in progress, minute by minute, from blue's side.
CREATE VIEW live_state AS
SELECT
    match_id,
    frame,

    -- now
    blue_gold - red_gold                                     AS gold_diff,
    -- a lead weighs more while little gold has been earned, and while few minutes are left
    (blue_gold - red_gold) / (blue_gold + red_gold)          AS gold_share_diff,
    (blue_gold - red_gold) * game_seconds / 60.0             AS gold_diff_time,
    blue_xp - red_xp                                         AS xp_diff,
    blue_levels - red_levels                                 AS level_diff,
    blue_minions - red_minions                               AS minion_diff,
    blue_jungle - red_jungle                                 AS jungle_diff,
    blue_kills - red_kills                                   AS kill_diff,
    blue_towers - red_towers                                 AS tower_diff,
    blue_inhibitors - red_inhibitors                         AS inhibitor_diff,
    blue_dragons - red_dragons                               AS dragon_diff,
    CASE WHEN blue_dragons >= 4 THEN 1 WHEN red_dragons >= 4 THEN -1 ELSE 0 END AS dragon_soul,
    blue_elders - red_elders                                 AS elder_diff,
    blue_heralds - red_heralds                               AS herald_diff,
    blue_voidgrubs - red_voidgrubs                           AS voidgrub_diff,
    blue_barons - red_barons                                 AS baron_diff,

    -- momentum: the last five minutes against the state before them
    coalesce(blue_gold - red_gold - first_value(blue_gold - red_gold) OVER swing, 0)    AS gold_swing,
    coalesce(blue_xp - red_xp - first_value(blue_xp - red_xp) OVER swing, 0)            AS xp_swing,
    coalesce(blue_kills - red_kills - first_value(blue_kills - red_kills) OVER swing, 0) AS kill_swing,
    coalesce(blue_towers - red_towers - first_value(blue_towers - red_towers) OVER swing, 0) AS tower_swing,
    ewma(blue_gold - red_gold, INTERVAL '3 minutes') OVER match AS gold_diff_smooth,

    -- how the match has gone so far
    max(blue_gold - red_gold) OVER match                     AS best_gold_lead,
    min(blue_gold - red_gold) OVER match                     AS worst_gold_lead,
    coalesce(stddev_samp(blue_gold - red_gold) OVER match, 0.0) AS gold_diff_spread
FROM live_matches
WINDOW swing AS (PARTITION BY match_id ORDER BY event_time ROWS 5 PRECEDING),
       match AS (PARTITION BY match_id ORDER BY event_time)
