import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cockpitCommand, sh, statusField } from '../test/system/machine.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { single, type Figure } from './figures.ts';
import { memoryOf, shareOf, treeOf } from './process-figures.ts';

const admin = 'bench-admin';
const rules = '/etc/sudoers.d/t3-cockpit-bench';

/** The process of an admin who is not root, while the cockpit that it has started by sudo is open. */
export async function waitingForRoot(): Promise<Figure[]> {
  await sh('useradd', '--create-home', '--shell', '/bin/bash', admin);
  writeFileSync(rules, `${admin} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  const uid = await sh('id', '-u', admin);
  const terminal = new Terminal(['-u', admin, '--', ...cockpitCommand(['--set', 'probes.automatic=false'])], {
    columns: 120,
    rows: 40,
    command: ['runuser'],
  });
  try {
    await terminal.until('the fleet', (text) => /vera +running/.test(text) && !/ … /.test(text), 60_000);
    const waiting = treeOf(terminal.pid).find(
      (pid) =>
        statusField(pid, 'Uid').startsWith(`${uid}\t`) &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('/bin/t3-cockpit.js') === true,
    );
    if (waiting === undefined) throw new Error('nobody waits for root');
    const figures = [
      single('the process that waits for the one of root: resident', 'bytes', memoryOf(waiting)),
      single('by its share of what others have in memory as well', 'bytes', shareOf(waiting)),
    ];
    terminal.press('q');
    await terminal.ended();
    return figures;
  } finally {
    terminal.dispose();
    rmSync(rules);
    await sh('userdel', '--remove', admin);
  }
}
