-- Names that occur in many rows stand there by number.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- What answered: a version of a model, at an endpoint.
CREATE TABLE served (
    id        INTEGER PRIMARY KEY,
    endpoint  TEXT    NOT NULL,
    model     TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    digest    TEXT    NOT NULL,
    view_hash TEXT    NOT NULL,
    UNIQUE (endpoint, model, version, digest, view_hash)
);

-- The days that have tables, as YYYYMMDD.
CREATE TABLE days (
    day INTEGER PRIMARY KEY
);

-- How far each follower of a topic has got: written with what it made of the records.
CREATE TABLE positions (
    follower  TEXT    NOT NULL,
    part      INTEGER NOT NULL,
    next      INTEGER NOT NULL,
    PRIMARY KEY (follower, part)
) WITHOUT ROWID;

-- What was told of a subject (a prediction, a unit of an endpoint, a key of a stream), every revision of it: the last holds.
CREATE TABLE outcomes (
    subject     TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    value,
    fields      TEXT,
    told_at     INTEGER,
    received_at INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    joined      INTEGER NOT NULL,
    PRIMARY KEY (subject, revision)
) WITHOUT ROWID;
CREATE INDEX outcomes_waiting ON outcomes (received_at) WHERE joined = 0;
