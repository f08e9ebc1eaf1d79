-- The tables of one day. Doubles have columns without a type: one of type REAL would make 0.0 of -0.0.
--
-- A prediction's own row, by its id.
CREATE TABLE predictions_{day} (
    id          BLOB    NOT NULL PRIMARY KEY,
    time        INTEGER NOT NULL,
    served      INTEGER NOT NULL,
    experiment  INTEGER,
    arm         INTEGER NOT NULL,
    period      INTEGER NOT NULL,
    forced      INTEGER NOT NULL,
    shadow_of   BLOB,
    unit        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    features    TEXT    NOT NULL,
    imputed     INTEGER NOT NULL,
    age_ms      INTEGER,
    fields      TEXT,
    output,
    error       TEXT,
    latency_us  INTEGER NOT NULL,
    phases      TEXT    NOT NULL,
    place       TEXT
) WITHOUT ROWID;

-- What analysis reads of it, and what is known of its outcome: the answers to one request stand together, those of one
-- unit too.
CREATE TABLE exposures_{day} (
    endpoint    INTEGER NOT NULL,
    unit        TEXT    NOT NULL,
    pair        BLOB    NOT NULL,
    shadow      INTEGER NOT NULL,
    arm         INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    experiment  INTEGER,
    period      INTEGER NOT NULL,
    forced      INTEGER NOT NULL,
    score,
    failed      INTEGER NOT NULL,
    latency_us  INTEGER NOT NULL,
    outcome,
    outcome_at  INTEGER,
    PRIMARY KEY (endpoint, unit, pair, shadow, arm)
) WITHOUT ROWID;

-- Under which units a stream's key was predicted for.
CREATE TABLE keys_{day} (
    endpoint    INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    unit        TEXT    NOT NULL,
    PRIMARY KEY (endpoint, key, unit)
) WITHOUT ROWID;

INSERT INTO days (day) VALUES ({day});
