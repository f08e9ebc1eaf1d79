-- What fifteen minutes of a Korean game say, from blue's side, role by role.
CREATE VIEW state_at_15 AS
SELECT
    match_id,
    blue_top_gold - red_top_gold                             AS top_gold_diff,
    blue_jungle_gold - red_jungle_gold                       AS jungle_gold_diff,
    blue_middle_gold - red_middle_gold                       AS middle_gold_diff,
    blue_bottom_gold - red_bottom_gold                       AS bottom_gold_diff,
    blue_utility_gold - red_utility_gold                     AS utility_gold_diff,
    blue_top_gold + blue_jungle_gold + blue_middle_gold + blue_bottom_gold + blue_utility_gold
        - red_top_gold - red_jungle_gold - red_middle_gold - red_bottom_gold - red_utility_gold AS gold_diff,
    blue_top_cs + blue_jungle_cs + blue_middle_cs + blue_bottom_cs + blue_utility_cs
        - red_top_cs - red_jungle_cs - red_middle_cs - red_bottom_cs - red_utility_cs AS cs_diff,
    blue_kills - red_kills                                   AS kill_diff,
    blue_firstBlood                                          AS first_blood,
    blue_towers - red_towers                                 AS tower_diff,
    blue_dragons - red_dragons                               AS dragon_diff,
    blue_voidgrubs - red_voidgrubs                           AS voidgrub_diff
FROM kr_games
