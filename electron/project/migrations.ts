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
  CREATE INDEX photo_by_class ON photo (class_id, sort, key);
  CREATE INDEX photo_counts ON photo (class_id, excluded, split);
  CREATE INDEX photo_unreadable ON photo (path) WHERE unreadable IS NOT NULL;

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
  `
  -- Photos that a model classified outside of the project: a folder, or what was dropped on the window.
  CREATE TABLE field_session (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,                -- the order in which they began
    run TEXT NOT NULL,
    title TEXT NOT NULL,
    folder TEXT NOT NULL,                          -- absolute; of dropped photos a folder in the cache
    dropped INTEGER NOT NULL,
    classes INTEGER NOT NULL,                      -- how many the model knows
    rejector TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seconds REAL NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE field_photo (
    session TEXT NOT NULL REFERENCES field_session (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,                        -- in the list of the session's photos
    path TEXT NOT NULL,                            -- relative to the folder, forward slashes
    name TEXT NOT NULL,                            -- as it is shown
    decision TEXT,                                 -- null: not classified yet, or unreadable
    class TEXT,
    probability REAL,
    score REAL,
    top TEXT,                                      -- JSON
    unreadable TEXT,                               -- the reason, one sentence
    PRIMARY KEY (session, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX field_photo_by_decision ON field_photo (session, decision, place);
  `,
  `
  ALTER TABLE run ADD COLUMN origin TEXT;                     -- JSON: what reproduces it
  ALTER TABLE run ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE run ADD COLUMN test_accuracy REAL;
  ALTER TABLE run ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE run ADD COLUMN notes TEXT NOT NULL DEFAULT '';
  ALTER TABLE run ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- The study that a run is part of, as JSON {id, name}; null: it stands alone.
  ALTER TABLE run ADD COLUMN study TEXT;

  -- What a tracking server has of each run; what it lacks is still to be sent (electron/tracking/outbox.ts).
  CREATE TABLE outbox (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    server TEXT NOT NULL,                          -- its address
    delivered TEXT NOT NULL,                       -- JSON: ids on the server and the parts that it has
    settled TEXT,                                  -- version of the run that it has whole
    refused TEXT,                                  -- JSON: version of the run that it refused, and why
    PRIMARY KEY (run, server)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The class that the user has looked at and found right; it counts while the photo has this class.
  ALTER TABLE photo ADD COLUMN right_class TEXT;

  -- The labels that a run learned from and was measured by, those of its training photos included.
  CREATE TABLE run_photo (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    photo INTEGER NOT NULL REFERENCES photo (key) ON DELETE CASCADE,
    label TEXT NOT NULL,                           -- class id
    PRIMARY KEY (run, photo)
  ) STRICT, WITHOUT ROWID;
  -- Of runs before this step the training photos are not known.
  INSERT INTO run_photo SELECT DISTINCT run, photo.key, label FROM prediction JOIN photo ON photo.id = prediction.photo;
  `,
  `
  -- What the model computed with: 'fp32', or 'int8' in its faster form.
  ALTER TABLE field_session ADD COLUMN precision TEXT NOT NULL DEFAULT 'fp32';
  `,
  `
  -- Several ways of training, each with several seeds.
  CREATE TABLE study (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    spec TEXT NOT NULL,                            -- JSON, shared/study.ts
    state TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seconds REAL NOT NULL                          -- that its runs have taken
  ) STRICT;

  CREATE TABLE study_run (
    study TEXT NOT NULL REFERENCES study (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,                        -- in the order of training
    variant INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    run TEXT REFERENCES run (id) ON DELETE SET NULL,
    hopeless INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study, place)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Runs that wait for their turn.
  CREATE TABLE queued_run (
    id TEXT PRIMARY KEY,
    place INTEGER NOT NULL,                        -- in the order in which they begin
    settings TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    problem TEXT                                   -- why it could not begin, one sentence
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the validation photos say class by class. Apart from the metrics, of which those of many runs are read at once.
  CREATE TABLE epoch_detail (
    run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    detail TEXT NOT NULL,                          -- JSON, shared/epoch-detail.ts
    PRIMARY KEY (run, epoch)
  ) STRICT, WITHOUT ROWID;
  `,
]
