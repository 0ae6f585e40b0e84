#!/usr/bin/env node
// The door. Old syntax on purpose, and no imports before the version is checked: under a Node that is too old,
// better-sqlite3 does not fail, it crashes the process (measured, docs/architecture.md).
var found = process.versions.node.split('.').map(Number);
if (found[0] < 22 || (found[0] === 22 && found[1] < 22)) {
  process.stderr.write(
    't3-cockpit needs Node 22.22 or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a newer Node, or run it with one: /path/to/node ' +
      process.argv[1] +
      '\n',
  );
  process.exit(1);
}
import('./start.js');
