-- The schema of a Strobe recording, version 1. What the columns mean: docs/formats/recording.md.
-- Ids count from 0 without gaps; NULL stands for "none". Unsigned 64-bit numbers are stored as the signed
-- number with the same bits. REFERENCES document what an id names; readers check them, SQLite does not.
PRAGMA application_id = 0x53747262;
PRAGMA user_version = 1;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE string (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE process (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  parent INTEGER REFERENCES process (id),
  command INTEGER REFERENCES string (id),
  command_line INTEGER REFERENCES string (id),
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  exited INTEGER NOT NULL,
  exit_status INTEGER,
  user_ns INTEGER NOT NULL,
  system_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE thread (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process (id),
  tid INTEGER NOT NULL,
  name INTEGER REFERENCES string (id),
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE module (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  path INTEGER REFERENCES string (id),
  build_id TEXT NOT NULL,
  process INTEGER REFERENCES process (id),
  file_size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  interpreter INTEGER NOT NULL
) STRICT;

CREATE TABLE function (
  id INTEGER PRIMARY KEY,
  name INTEGER REFERENCES string (id),
  linkage_name INTEGER REFERENCES string (id),
  module INTEGER REFERENCES module (id),
  file INTEGER REFERENCES string (id),
  line INTEGER NOT NULL,
  language INTEGER NOT NULL
) STRICT;

CREATE TABLE frame (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  module INTEGER REFERENCES module (id),
  address INTEGER NOT NULL,
  function INTEGER REFERENCES function (id),
  line INTEGER NOT NULL,
  file INTEGER REFERENCES string (id),
  outer INTEGER REFERENCES frame (id)
) STRICT;

CREATE TABLE stack (
  id INTEGER PRIMARY KEY,
  parent INTEGER REFERENCES stack (id),
  frame INTEGER NOT NULL REFERENCES frame (id)
) STRICT;

CREATE TABLE sample (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  thread INTEGER NOT NULL REFERENCES thread (id),
  stack INTEGER REFERENCES stack (id),
  stack_class INTEGER NOT NULL,
  python INTEGER NOT NULL
) STRICT;

CREATE TABLE stretch (
  id INTEGER PRIMARY KEY,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  thread INTEGER NOT NULL REFERENCES thread (id),
  state INTEGER NOT NULL,
  runnable_ns INTEGER NOT NULL,
  weight INTEGER NOT NULL,
  stack INTEGER REFERENCES stack (id),
  stack_class INTEGER NOT NULL,
  python INTEGER NOT NULL,
  object INTEGER REFERENCES string (id),
  object_address INTEGER NOT NULL,
  owner INTEGER REFERENCES thread (id),
  waker INTEGER REFERENCES thread (id)
) STRICT;

CREATE TABLE thread_wait (
  id INTEGER PRIMARY KEY REFERENCES thread (id),
  waited_ns INTEGER NOT NULL,
  runnable_ns INTEGER NOT NULL,
  voluntary_switches INTEGER NOT NULL,
  forced_switches INTEGER NOT NULL
) STRICT;

CREATE TABLE counter (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  process INTEGER NOT NULL REFERENCES process (id),
  rss_bytes INTEGER NOT NULL,
  anonymous_bytes INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  shmem_bytes INTEGER NOT NULL,
  swap_bytes INTEGER NOT NULL,
  peak_rss_bytes INTEGER NOT NULL,
  pss_bytes INTEGER,
  private_bytes INTEGER,
  minor_faults INTEGER NOT NULL,
  major_faults INTEGER NOT NULL
) STRICT;

CREATE TABLE memory (
  id INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process (id),
  stack INTEGER REFERENCES stack (id),
  kind INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  count INTEGER NOT NULL,
  variance REAL NOT NULL,
  peak_bytes INTEGER NOT NULL,
  peak_count INTEGER NOT NULL,
  peak_variance REAL NOT NULL,
  live_bytes INTEGER NOT NULL,
  live_count INTEGER NOT NULL,
  live_variance REAL NOT NULL,
  temporary_bytes INTEGER NOT NULL,
  temporary_count INTEGER NOT NULL,
  temporary_variance REAL NOT NULL
) STRICT;

CREATE TABLE memory_process (
  id INTEGER PRIMARY KEY REFERENCES process (id),
  peak_bytes INTEGER NOT NULL,
  peak_ns INTEGER NOT NULL,
  mapped_peak_bytes INTEGER NOT NULL,
  mapped_peak_ns INTEGER NOT NULL,
  invalid_frees INTEGER NOT NULL
) STRICT;

CREATE TABLE memory_size (
  process INTEGER NOT NULL REFERENCES process (id),
  size_bits INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (process, size_bits)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_point (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  process INTEGER NOT NULL REFERENCES process (id),
  live_bytes INTEGER NOT NULL,
  mapped_bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  state INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  md5 TEXT NOT NULL,
  expected_md5 TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE quality (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE TABLE quality_blame (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  module TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL
) STRICT;

CREATE TABLE quality_unsampled (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  command TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE quality_interpreter (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE quality_warning (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE quality_unseen (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  command TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL
) STRICT;
