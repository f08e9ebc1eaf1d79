-- Names that occur in many rows stand there by number.
CREATE TABLE names (
    id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- What answered: a version of a model, at an endpoint.
CREATE TABLE served (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint  TEXT   NOT NULL,
    model     TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    digest    TEXT   NOT NULL,
    view_hash TEXT   NOT NULL,
    UNIQUE (endpoint, model, version, digest, view_hash)
);

-- The days that have partitions, as YYYYMMDD.
CREATE TABLE days (
    day BIGINT PRIMARY KEY
);

-- How far each follower of a topic has got: written with what it made of the records.
CREATE TABLE positions (
    follower  TEXT   NOT NULL,
    part      BIGINT NOT NULL,
    next      BIGINT NOT NULL,
    PRIMARY KEY (follower, part)
);

-- What was told of a subject (a prediction, a unit of an endpoint, a key of a stream), every revision of it: the last holds.
CREATE TABLE outcomes (
    subject     TEXT   NOT NULL,
    revision    BIGINT NOT NULL,
    value       DOUBLE PRECISION,
    fields      TEXT,
    told_at     BIGINT,
    received_at BIGINT NOT NULL,
    source      TEXT   NOT NULL,
    joined      BIGINT NOT NULL,
    PRIMARY KEY (subject, revision)
);
CREATE INDEX outcomes_waiting ON outcomes (received_at) WHERE joined = 0;

-- A prediction's own row, by its id.
CREATE TABLE predictions (
    day         BIGINT NOT NULL,
    id          BYTEA  NOT NULL,
    time        BIGINT NOT NULL,
    served      BIGINT NOT NULL,
    experiment  BIGINT,
    arm         BIGINT NOT NULL,
    period      BIGINT NOT NULL,
    forced      BIGINT NOT NULL,
    shadow_of   BYTEA,
    unit        TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    features    TEXT   NOT NULL,
    imputed     BIGINT NOT NULL,
    age_ms      BIGINT,
    fields      TEXT,
    output      DOUBLE PRECISION,
    error       TEXT,
    latency_us  BIGINT NOT NULL,
    phases      TEXT   NOT NULL,
    place       TEXT,
    PRIMARY KEY (day, id)
) PARTITION BY LIST (day);

-- What analysis reads of it, and what is known of its outcome: the answers to one request stand together, those of one
-- unit too. Units are told apart and ordered by their bytes, whatever the database's language.
CREATE TABLE exposures (
    day         BIGINT NOT NULL,
    endpoint    BIGINT NOT NULL,
    unit        TEXT COLLATE "C" NOT NULL,
    pair        BYTEA  NOT NULL,
    shadow      BIGINT NOT NULL,
    arm         BIGINT NOT NULL,
    time        BIGINT NOT NULL,
    experiment  BIGINT,
    period      BIGINT NOT NULL,
    forced      BIGINT NOT NULL,
    score       DOUBLE PRECISION,
    failed      BIGINT NOT NULL,
    latency_us  BIGINT NOT NULL,
    outcome     DOUBLE PRECISION,
    outcome_at  BIGINT,
    PRIMARY KEY (endpoint, unit, pair, shadow, arm, day)
) PARTITION BY LIST (day);

-- Under which units a stream's key was predicted for.
CREATE TABLE keys (
    day         BIGINT NOT NULL,
    endpoint    BIGINT NOT NULL,
    key         TEXT   NOT NULL,
    unit        TEXT   NOT NULL,
    PRIMARY KEY (endpoint, key, unit, day)
) PARTITION BY LIST (day);
