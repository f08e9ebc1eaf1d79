//! Every field of match-v5 that is either read or knowingly left out, so that a new one does not go unnoticed.

use std::collections::BTreeMap;

use serde_json::Value;

/// The fields of the objects at one place. `[]` is any item of a list, `*` any participant.
struct Known {
    place: &'static str,
    /// Become part of a row.
    read: &'static [&'static str],
    /// Do not, with everything in them.
    left_out: &'static [&'static str],
}

/// Of a match.
const MATCH: &[Known] = &[
    Known { place: "", read: &["metadata", "info"], left_out: &[] },
    Known { place: "metadata", read: &["dataVersion", "matchId"], left_out: &["participants"] },
    Known {
        place: "info",
        read: &[
            "endOfGameResult",
            "gameCreation",
            "gameDuration",
            "gameEndTimestamp",
            "gameMode",
            "gameStartTimestamp",
            "gameType",
            "gameVersion",
            "mapId",
            "participants",
            "platformId",
            "queueId",
            "teams",
        ],
        left_out: &["gameId", "gameModeMutators", "gameName", "tournamentCode"],
    },
    Known {
        place: "info.participants[]",
        read: &[
            "championName",
            "gameEndedInEarlySurrender",
            "gameEndedInSurrender",
            "participantId",
            "teamId",
            "teamPosition",
        ],
        left_out: &[
            // who it is
            "profileIcon",
            "puuid",
            "riotIdGameName",
            "riotIdName",
            "riotIdTagline",
            "summonerId",
            "summonerLevel",
            "summonerName",
            "eligibleForProgression",
            "missions",
            // what was chosen
            "championId",
            "championTransform",
            "champExperience",
            "champLevel",
            "individualPosition",
            "lane",
            "perks",
            "positionAssignedByMatchmaking",
            "role",
            "roleBoundItem",
            "selectedRolePreferences",
            "summoner1Id",
            "summoner2Id",
            "item0",
            "item1",
            "item2",
            "item3",
            "item4",
            "item5",
            "item6",
            "playerAugment1",
            "playerAugment2",
            "playerAugment3",
            "playerAugment4",
            "playerAugment5",
            "playerAugment6",
            // totals at the end: known only afterwards
            "assists",
            "baronKills",
            "bountyLevel",
            "challenges",
            "consumablesPurchased",
            "damageDealtToBuildings",
            "damageDealtToEpicMonsters",
            "damageDealtToObjectives",
            "damageDealtToTurrets",
            "damageSelfMitigated",
            "deaths",
            "detectorWardsPlaced",
            "doubleKills",
            "dragonKills",
            "firstBloodAssist",
            "firstBloodKill",
            "firstTowerAssist",
            "firstTowerKill",
            "goldEarned",
            "goldSpent",
            "inhibitorKills",
            "inhibitorTakedowns",
            "inhibitorsLost",
            "itemsPurchased",
            "killingSprees",
            "kills",
            "largestCriticalStrike",
            "largestKillingSpree",
            "largestMultiKill",
            "longestTimeSpentLiving",
            "magicDamageDealt",
            "magicDamageDealtToChampions",
            "magicDamageTaken",
            "neutralMinionsKilled",
            "nexusKills",
            "nexusLost",
            "nexusTakedowns",
            "objectivesStolen",
            "objectivesStolenAssists",
            "pentaKills",
            "physicalDamageDealt",
            "physicalDamageDealtToChampions",
            "physicalDamageTaken",
            "placement",
            "PlayerBehavior",
            "playerSubteamId",
            "quadraKills",
            "sightWardsBoughtInGame",
            "spell1Casts",
            "spell2Casts",
            "spell3Casts",
            "spell4Casts",
            "subteamPlacement",
            "summoner1Casts",
            "summoner2Casts",
            "teamEarlySurrendered",
            "timeCCingOthers",
            "timePlayed",
            "totalAllyJungleMinionsKilled",
            "totalDamageDealt",
            "totalDamageDealtToChampions",
            "totalDamageShieldedOnTeammates",
            "totalDamageTaken",
            "totalEnemyJungleMinionsKilled",
            "totalHeal",
            "totalHealsOnTeammates",
            "totalMinionsKilled",
            "totalTimeCCDealt",
            "totalTimeSpentDead",
            "totalUnitsHealed",
            "tripleKills",
            "trueDamageDealt",
            "trueDamageDealtToChampions",
            "trueDamageTaken",
            "turretKills",
            "turretTakedowns",
            "turretsLost",
            "unrealKills",
            "visionScore",
            "visionWardsBoughtInGame",
            "wardsKilled",
            "wardsPlaced",
            "win",
            // pings
            "allInPings",
            "assistMePings",
            "baitPings",
            "basicPings",
            "commandPings",
            "dangerPings",
            "enemyMissingPings",
            "enemyVisionPings",
            "getBackPings",
            "holdPings",
            "needVisionPings",
            "onMyWayPings",
            "pushPings",
            "retreatPings",
            "visionClearedPings",
            // of single modes
            "PlayerScore0",
            "PlayerScore1",
            "PlayerScore2",
            "PlayerScore3",
            "PlayerScore4",
            "PlayerScore5",
            "PlayerScore6",
            "PlayerScore7",
            "PlayerScore8",
            "PlayerScore9",
            "PlayerScore10",
            "PlayerScore11",
        ],
    },
    Known { place: "info.teams[]", read: &["objectives", "teamId", "win"], left_out: &["bans", "feats"] },
    Known {
        place: "info.teams[].objectives",
        read: &["baron", "champion", "dragon", "inhibitor", "riftHerald", "tower"],
        left_out: &["atakhan", "horde"],
    },
    Known { place: "info.teams[].objectives.baron", read: &["kills"], left_out: &["first"] },
    Known { place: "info.teams[].objectives.champion", read: &["kills"], left_out: &["first"] },
    Known { place: "info.teams[].objectives.dragon", read: &["kills"], left_out: &["first"] },
    Known { place: "info.teams[].objectives.inhibitor", read: &["kills"], left_out: &["first"] },
    Known { place: "info.teams[].objectives.riftHerald", read: &["kills"], left_out: &["first"] },
    Known { place: "info.teams[].objectives.tower", read: &["kills"], left_out: &["first"] },
];

/// Of a timeline.
const TIMELINE: &[Known] = &[
    Known { place: "", read: &["metadata", "info"], left_out: &[] },
    Known { place: "metadata", read: &["dataVersion", "matchId"], left_out: &["participants"] },
    Known {
        place: "info",
        read: &["endOfGameResult", "frames"],
        left_out: &["frameInterval", "gameId", "participants"],
    },
    Known { place: "info.frames[]", read: &["events", "participantFrames", "timestamp"], left_out: &[] },
    Known {
        place: "info.frames[].participantFrames.*",
        read: &["jungleMinionsKilled", "level", "minionsKilled", "totalGold", "xp"],
        left_out: &[
            "championStats",
            "currentGold",
            "damageStats",
            "goldPerSecond",
            "participantId",
            "position",
            "timeEnemySpentControlled",
        ],
    },
    Known {
        place: "info.frames[].events[]",
        read: &[
            "buildingType",
            "creatorId",
            "killerId",
            "killerTeamId",
            "monsterSubType",
            "monsterType",
            "realTimestamp",
            "teamId",
            "timestamp",
            "type",
            "victimId",
            "wardType",
            "winningTeam",
        ],
        left_out: &[
            "actualStartTime",
            "afterId",
            "assistingParticipantIds",
            "beforeId",
            "bounty",
            "featType",
            "featValue",
            "gameId",
            "goldGain",
            "itemId",
            "killStreakLength",
            "killType",
            "laneType",
            "level",
            "levelUpType",
            "multiKillLength",
            "name",
            "participantId",
            "position",
            "shutdownBounty",
            "skillSlot",
            "towerType",
            "transformType",
            "victimDamageDealt",
            "victimDamageReceived",
            "victimTeamfightDamageDealt",
            "victimTeamfightDamageReceived",
        ],
    },
];

/// How often which field occurs that is neither read nor knowingly left out, by its place.
pub(super) type Unknown = BTreeMap<String, u64>;

pub(super) fn unknown_of_match(document: &Value, unknown: &mut Unknown) {
    walk(document, String::new(), MATCH, unknown);
}

pub(super) fn unknown_of_timeline(document: &Value, unknown: &mut Unknown) {
    walk(document, String::new(), TIMELINE, unknown);
}

fn walk(value: &Value, place: String, known: &[Known], unknown: &mut Unknown) {
    match value {
        Value::Array(items) => {
            for item in items {
                walk(item, format!("{place}[]"), known, unknown);
            }
        }
        Value::Object(fields) if place.ends_with(".participantFrames") => {
            for frame in fields.values() {
                walk(frame, format!("{place}.*"), known, unknown);
            }
        }
        Value::Object(fields) => {
            let here = known.iter().find(|known| known.place == place);
            for (name, value) in fields {
                let below = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                if here.is_some_and(|here| here.read.contains(&name.as_str())) {
                    walk(value, below, known, unknown);
                } else if !here.is_some_and(|here| here.left_out.contains(&name.as_str())) {
                    *unknown.entry(below).or_default() += 1;
                }
            }
        }
        _ => {}
    }
}

/// Names that stand in both lists of a place.
#[cfg(test)]
pub(super) fn repeated() -> Vec<&'static str> {
    let all = MATCH.iter().chain(TIMELINE);
    all.flat_map(|known| known.read.iter().filter(|name| known.left_out.contains(name)).copied()).collect()
}
