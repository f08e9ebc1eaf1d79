-- What ten minutes of a diamond game say, from blue's side.
CREATE VIEW state_at_10 AS
SELECT
    gameId,
    blueTotalGold - redTotalGold                             AS gold_diff,
    blueTotalExperience - redTotalExperience                 AS experience_diff,
    blueAvgLevel - redAvgLevel                               AS level_diff,
    blueKills - redKills                                     AS kill_diff,
    blueAssists - redAssists                                 AS assist_diff,
    blueFirstBlood - redFirstBlood                           AS first_blood,
    blueTotalMinionsKilled - redTotalMinionsKilled           AS minion_diff,
    blueTotalJungleMinionsKilled - redTotalJungleMinionsKilled AS jungle_diff,
    blueDragons - redDragons                                 AS dragon_diff,
    blueHeralds - redHeralds                                 AS herald_diff,
    blueTowersDestroyed - redTowersDestroyed                 AS tower_diff,
    -- a few players place wards by the hundred: only the first ones say something
    least(blueWardsPlaced, 40) - least(redWardsPlaced, 40)   AS ward_diff,
    blueWardsDestroyed - redWardsDestroyed                   AS wards_destroyed_diff,
    -- a lead in a game with little gold is a bigger lead
    (blueTotalGold - redTotalGold) / (blueTotalGold + redTotalGold) AS gold_share_diff
FROM diamond_games
