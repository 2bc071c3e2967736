import fs from 'node:fs';
import { journalIn } from '../../src/lib/journal.ts';
import { lockIn } from '../../src/lib/lock.ts';
import { systemClock } from '../../src/lib/node/clock.ts';
import { filesBelow } from '../../src/lib/node/files.ts';
import { machineProcesses } from '../../src/lib/node/processes.ts';
import { asActionError } from '../../src/lib/outcome.ts';

/**
 * A process that appends to the journal of a home and shortens it as runs do:
 * `node journal-worker.ts HOME NAME COUNT MAX EVERY`. It shortens to half of `MAX` bytes where it found
 * more, or after each `EVERY` lines.
 */
const [home = '', name = '', ...numbers] = process.argv.slice(2);
const [count = 0, max = 0, every = 0] = numbers.map(Number);

const files = filesBelow(home, process.geteuid?.() ?? 0, fs);
const journal = journalIn(files);
const lock = lockIn(files, () => machineProcesses(home), systemClock);
let shortened = 0;

for (let index = 0; index < count; index += 1) {
  const size = await journal.append({
    at: new Date().toISOString(),
    action: 'firewall-drop',
    holder: name,
    verb: 'add',
    outcome: 'applied',
    target: '203.0.113.7',
    alert: `${index}`,
  });
  if (size <= max && (index + 1) % every !== 0) continue;
  try {
    await lock.with('journal', () => journal.shorten(max), 0);
    shortened += 1;
  } catch (thrown) {
    if (asActionError(thrown).kind !== 'locked') throw thrown;
  }
}
process.stdout.write(`${shortened}\n`);
