import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Databases that their owner has made to hang, to fill or to mislead whoever looks into them. Each spoils a file. */

export function inDatabase(file: string, work: (db: Database.Database) => void): void {
  const db = new Database(file);
  work(db);
  db.close();
}

export const crafted = {
  /** A view in the place of a table, of rows without end. */
  endlessView: (file: string) =>
    inDatabase(file, (db) =>
      db.exec(`ALTER TABLE projection_threads RENAME TO real_threads;
        CREATE VIEW projection_threads AS WITH RECURSIVE forever(updated_at) AS
          (SELECT 1 UNION ALL SELECT updated_at + 1 FROM forever)
          SELECT updated_at, 1 AS latest_user_message_at FROM forever;`),
    ),

  manyMigrations: (file: string) =>
    inDatabase(file, (db) =>
      db.exec(`WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n LIMIT 200000)
        INSERT INTO effect_sql_migrations (migration_id, name) SELECT i, 'x' FROM n`),
    ),

  /** Ten names of migrations, of 240 MB each, which are computed as they are read. */
  fillsMemory: (file: string) =>
    inDatabase(file, (db) =>
      db.exec(`ALTER TABLE effect_sql_migrations RENAME TO real_migrations;
        CREATE TABLE effect_sql_migrations (migration_id INTEGER PRIMARY KEY, created_at TEXT,
          name TEXT GENERATED ALWAYS AS (hex(zeroblob(120000000))));
        INSERT INTO effect_sql_migrations (migration_id)
          WITH RECURSIVE n(i) AS (SELECT 21 UNION ALL SELECT i + 1 FROM n LIMIT 10) SELECT i FROM n;`),
    ),

  /** 500 tables that share their pages: 4 MB here, 2 GB in a copy. */
  growsWhenCopied: (file: string) =>
    inDatabase(file, (db) => {
      db.unsafeMode(true);
      db.exec(`CREATE TABLE bomb (bytes BLOB); INSERT INTO bomb VALUES (randomblob(4000000));
        PRAGMA writable_schema = ON;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500)
        INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
          SELECT 'table', 'bomb' || i, 'bomb' || i, rootpage, 'CREATE TABLE bomb' || i || ' (bytes BLOB)'
          FROM n, (SELECT rootpage FROM sqlite_schema WHERE name = 'bomb');`);
    }),

  /** A column that integrity_check computes for a minute. */
  isCheckedForEver: (file: string) =>
    inDatabase(file, (db) => {
      const never = Array.from({ length: 50 }, (_, term) => `length(hex(zeroblob(${1e8 + term} + number)))`);
      db.unsafeMode(true);
      db.exec(`CREATE TABLE slow (number INTEGER, x GENERATED ALWAYS AS (number + 1) NOT NULL);
        INSERT INTO slow (number) VALUES (1);
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'number + 1', '${never.join(' + ')}') WHERE name = 'slow';`);
    }),

  /** A virtual table in the place of a table. */
  virtualTable: (file: string) =>
    inDatabase(file, (db) =>
      db.exec(`ALTER TABLE projection_threads RENAME TO real_threads;
        CREATE VIRTUAL TABLE projection_threads USING fts5 (updated_at, latest_user_message_at);`),
    ),

  /** A schema that cannot be parsed, of a name that would draw on the screen for 20 MB. */
  garbageSchema: (file: string) =>
    inDatabase(file, (db) => {
      db.unsafeMode(true);
      db.exec(`PRAGMA writable_schema = ON;
        INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
          SELECT 'table', name, name, 2, 'CREATE TABLE x (((' || name
          FROM (SELECT replace(hex(zeroblob(1000000)), '00', char(27) || '[2J' || char(7) || 'x' || char(10) ||
            '        ') AS name);`);
    }),

  /** 100,000 tables, which share a page. */
  manyTables: (file: string) =>
    inDatabase(file, (db) => {
      db.unsafeMode(true);
      db.exec(`CREATE TABLE many (a); PRAGMA writable_schema = ON;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
        INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
          SELECT 'table', 'many' || i, 'many' || i, rootpage, 'CREATE TABLE many' || i || ' (a, b, c, d, e, f, g)'
          FROM n, (SELECT rootpage FROM sqlite_schema WHERE name = 'many');`);
    }),

  /** Free pages, many times as many as the others. */
  largeFreelist: (file: string) =>
    inDatabase(file, (db) =>
      db.exec('CREATE TABLE much (x); INSERT INTO much VALUES (zeroblob(30000000)); DROP TABLE much'),
    ),

  largePages: (file: string) =>
    inDatabase(file, (db) =>
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA page_size = 65536; VACUUM; PRAGMA journal_mode = WAL'),
    ),

  /** A header that counts more free pages than there are (sqlite.org/fileformat.html, 1.3). */
  lyingFreelist(file: string): void {
    const bytes = readFileSync(file);
    bytes.writeUInt32BE(2 ** 31, 36);
    writeFileSync(file, bytes);
  },
};
