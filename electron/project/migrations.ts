/**
 * The steps that lead from an empty database to today's, in order. A step that has been released is never changed:
 * a project's `user_version` is the number of steps it has taken.
 */
export const migrations: readonly string[] = [
  `
  -- The project itself: id, name, folder and how its folder is to be understood.
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE class (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    key TEXT,
    position INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE photo (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL UNIQUE,                     -- relative to the folder, forward slashes
    name TEXT NOT NULL,
    folded TEXT NOT NULL,                          -- the name as it is searched
    sort TEXT NOT NULL,                            -- the name as it is ordered: 2 before 10
    date REAL NOT NULL,                            -- taken, or else modified: ms since 1970
    class_id TEXT REFERENCES class (id) ON DELETE SET NULL,
    split TEXT CHECK (split IN ('train', 'validation', 'test')),
    excluded INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    unreadable TEXT,                               -- the reason, one sentence
    missing INTEGER NOT NULL DEFAULT 0,            -- the file is gone; also unreadable
    size INTEGER NOT NULL,
    modified REAL NOT NULL,                        -- ms since 1970
    hash TEXT,                                     -- SHA-256 of the content; null until it was read
    width INTEGER,
    height INTEGER
  ) STRICT;
  CREATE INDEX photo_by_name ON photo (sort, key);
  CREATE INDEX photo_by_date ON photo (date, key);
  CREATE INDEX photo_by_class ON photo (class_id, excluded, sort, key);
  CREATE INDEX photo_by_hash ON photo (hash);
  CREATE INDEX photo_unreadable ON photo (path) WHERE unreadable IS NOT NULL;
  CREATE INDEX photo_unread ON photo (key) WHERE hash IS NULL AND unreadable IS NULL;

  -- What the user did to the labels, to be undone and redone.
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    label TEXT NOT NULL,
    change TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE run (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    classes TEXT NOT NULL,
    photos TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seconds REAL,
    best_epoch INTEGER,
    validation_accuracy REAL,
    validation_loss REAL,
    has_model INTEGER NOT NULL DEFAULT 0,
    error TEXT
  ) STRICT;

  CREATE TABLE epoch (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    PRIMARY KEY (run, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE prediction (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    split TEXT NOT NULL,
    photo TEXT NOT NULL,
    label TEXT NOT NULL,                           -- the photo's class when the run was trained
    score REAL NOT NULL,
    probabilities BLOB NOT NULL,                   -- float32, little-endian, in the order of the run's classes
    PRIMARY KEY (run, split, photo)
  ) STRICT, WITHOUT ROWID;
  `,
]
