CREATE TABLE playerbot (name TEXT PRIMARY KEY, level INTEGER NOT NULL);
INSERT INTO playerbot VALUES ('Thrall', 60);
