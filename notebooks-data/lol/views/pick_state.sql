-- One player's champion, and how the match stands at fifteen minutes, as the player's side sees it.
CREATE VIEW pick_state AS
SELECT
    match_id,
    participant,
    champion,
    team_gold_lead,
    team_kill_lead,
    team_tower_lead,
    team_dragon_lead,
    team_voidgrub_lead,
    gold_lead,
    cs_lead,
    kills - deaths                                           AS kills_over_deaths
FROM picks
WHERE gold IS NOT NULL
