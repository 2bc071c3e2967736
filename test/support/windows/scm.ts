import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { WindowsLane } from './lane.ts';

/** A service of the agent's name, known to the service manager. */
export interface AgentService extends AsyncDisposable {
  /** What it did, oldest first: the word and a number, mostly of its process. */
  log(): readonly (readonly [string, number])[];
  /** Has it start a program, as execd inside an agent does, and tell it a message. */
  respond(line: string, message: string, home: string): void;
  /** Waits until its log holds what is looked for. */
  until(holds: (log: readonly (readonly [string, number])[]) => boolean): Promise<void>;
  /** What sc.exe says its state is: 1 is stopped, 4 is running. */
  state(): Promise<number | undefined>;
}

const SC = 'C:\\windows\\system32\\sc.exe';
const FOLDER = 'C:\\service';
const LIMIT = 60_000;

/** Registers a service with the real service manager, as a program in `folder`, and starts it. */
export async function startService(
  { windows, programs }: WindowsLane,
  folder = FOLDER,
  name = 'WazuhSvc',
): Promise<AgentService> {
  const at = (file: string) => windows.linux(`${FOLDER}\\${file}`);
  const sc = async (...args: string[]) => windows.run({ file: SC, args });
  rmSync(windows.linux(FOLDER), { recursive: true, force: true });
  mkdirSync(dirname(at('log')), { recursive: true });
  const program = `${folder}\\wazuh-agent.exe`;
  copyFileSync(join(programs, 'service.exe'), windows.linux(program));
  const path = `"${program}" ${name}`;
  // What a test that failed has left.
  await sc('stop', name);
  await sc('delete', name);
  const made = await sc('create', name, 'binPath=', path, 'start=', 'demand');
  if (made.exitCode !== 0) throw new Error(`sc create: ${made.exitCode} ${made.stdout}`);
  const log = () =>
    existsSync(at('log'))
      ? readFileSync(at('log'), 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split(' '))
          .map(([word = '', number]) => [word, Number(number)] as const)
      : [];
  const until = async (holds: (seen: ReturnType<typeof log>) => boolean) => {
    const began = performance.now();
    while (!holds(log())) {
      if (performance.now() - began > LIMIT) throw new Error(`the service: ${log().join('; ')}`);
      await wait(50);
    }
  };
  const state = async () => {
    const [, number] = /STATE\s*:\s*(\d+)/.exec((await sc('query', name)).stdout) ?? [];
    return number === undefined ? undefined : Number(number);
  };
  const started = await sc('start', name);
  if (started.exitCode !== 0) throw new Error(`sc start: ${started.exitCode} ${started.stdout}`);
  await until((seen) => seen.some(([word]) => word === 'started'));
  return {
    log,
    until,
    state,
    respond(line, message, home) {
      writeFileSync(at('new'), `${line}\n${message}\n${home}\n`);
      renameSync(at('new'), at('request'));
    },
    async [Symbol.asyncDispose]() {
      await sc('stop', name);
      const began = performance.now();
      while ((await state()) !== 1 && performance.now() - began < 10_000) await wait(50);
      await sc('delete', name);
    },
  };
}
