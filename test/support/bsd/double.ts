import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import type { Completed } from '../../../src/lib/effect.ts';
import { type Call, type Settings, STAGE } from './settings.ts';
import { type State, toolsOf } from './tools.ts';

/**
 * A tool of macOS or a BSD as a process of its own: the model of the laws, named after the tool. Its state
 * is a file, which one process changes at a time.
 */
const tool = basename(process.argv[1] ?? '');
const args = process.argv.slice(2);

const settings: Settings = JSON.parse(readFileSync(`${STAGE}/settings.json`, 'utf8'));
const stdin = readFileSync(0, 'utf8');

const MASTER = '/etc/master.passwd';

const accounts = {
  read: () => (existsSync(MASTER) ? readFileSync(MASTER, 'utf8') : ''),
  write: (text: string) => writeFileSync(MASTER, text),
};

const note = (call: Omit<Call, 'tool' | 'args'>): void =>
  appendFileSync(`${STAGE}/calls.jsonl`, `${JSON.stringify({ tool, args, ...call })}\n`);

/** One at a time; who died over it is the test's to see. */
function alone<T>(work: () => T): T {
  const lock = `${STAGE}/lock`;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx'));
      break;
    } catch {
      Atomics.wait(cell, 0, 0, 2);
    }
  }
  try {
    return work();
  } finally {
    unlinkSync(lock);
  }
}

function run(): Completed {
  const file = `${STAGE}/state.json`;
  const state: State = JSON.parse(readFileSync(file, 'utf8'));
  const tools = toolsOf(settings, state, accounts);
  const completed = tools.run({ tool, args, ...(stdin !== '' && { stdin }) });
  writeFileSync(`${file}.new`, JSON.stringify(tools.state));
  renameSync(`${file}.new`, file);
  note({ ...(stdin !== '' && { stdin }), ...completed });
  return completed;
}

/** `ps -o lstart= -p NUMBER`, by what the machine below knows. */
function ps(): Completed {
  const [, keyword, , number = ''] = args;
  if (args[0] !== '-o' || keyword !== 'lstart=' || args[2] !== '-p' || !/^\d+$/.test(number)) {
    return { exitCode: 1, stdout: '', stderr: 'usage: ps …\n' };
  }
  try {
    const stat = readFileSync(`${STAGE}/proc/${number}/stat`, 'utf8');
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const up = Number(readFileSync(`${STAGE}/proc/uptime`, 'utf8').split(' ')[0]);
    const began = new Date(Date.now() - up * 1000 + ticks * 10);
    const [day, date, month, year, time] = began.toUTCString().replace(',', '').split(' ');
    // Like ctime(3), in the time zone that it was told.
    const stdout = `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}    \n`;
    return { exitCode: 0, stdout, stderr: '' };
  } catch {
    return { exitCode: 1, stdout: '', stderr: '' };
  }
}

/** Holds the process, as a tool does that waits for the kernel. */
function hang(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
}

const fault = settings.faults[tool];
if (fault !== undefined || tool === 'ps') note({ ...(stdin !== '' && { stdin }) });
if (fault === 'hangs') hang();
const { exitCode, stdout, stderr } =
  fault === 'fails'
    ? { exitCode: 1, stdout: '', stderr: `${tool}: out of order\n` }
    : tool === 'ps'
      ? ps()
      : alone(run);
writeSync(1, stdout);
writeSync(2, stderr);
process.exitCode = exitCode;
