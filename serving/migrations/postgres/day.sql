CREATE TABLE predictions_{day} PARTITION OF predictions FOR VALUES IN ({day});
ALTER TABLE predictions_{day} ALTER COLUMN day SET DEFAULT {day};
CREATE TABLE exposures_{day} PARTITION OF exposures FOR VALUES IN ({day});
ALTER TABLE exposures_{day} ALTER COLUMN day SET DEFAULT {day};
CREATE TABLE keys_{day} PARTITION OF keys FOR VALUES IN ({day});
ALTER TABLE keys_{day} ALTER COLUMN day SET DEFAULT {day};
INSERT INTO days (day) VALUES ({day});
