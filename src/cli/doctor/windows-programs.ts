import { execa } from 'execa';
import { BIN } from '../../lib/node/home.ts';
import { TOOLS } from '../../lib/node/tools.ts';
import type { Access } from './access.ts';
import { bad, type Check, type Finding, listed, warning } from './finding.ts';
import { judgePrograms, type ProgramsFacts, programsIn } from './programs.ts';
import type { Scene } from './scene.ts';
import { WINDOWS } from './windows-system.ts';

// Milliseconds. An antivirus program may read the whole of it first.
const PATIENCE = 20_000;

/** How a program answered that was asked for its version, by its name; nothing where it was well. */
export type Starts = ReadonlyMap<string, string>;

/** Whether somebody else could put a program there. */
export function judgeFolderAccess(folder: string, access: Access | undefined): Finding[] {
  if (!access || access.writers.length === 0) return [];
  const text = `${folder} can be written by ${listed(access.writers)}: whoever can, can become SYSTEM`;
  return [bad(text, WINDOWS.mending.distrusted(folder))];
}

/** Whether Windows starts what is installed. */
export const judgeStarts = (folder: string, starts: Starts): Finding[] =>
  [...starts].map(([name, why]) =>
    bad(
      `${folder}/${name} does not start: ${why}`,
      'see what an antivirus program, AppLocker or App Control has against it in the event log',
      name,
    ),
  );

/** Only what has, byte for byte, the content of what is running anyway is ever started. */
async function startsOf(
  { folder, programs, running }: ProgramsFacts,
  scene: Scene,
): Promise<Starts> {
  const same = programs.filter(
    ({ name, contents }) =>
      name.endsWith('.exe') && running !== undefined && contents?.digest === running.digest,
  );
  const starts = new Map<string, string>();
  await Promise.all(
    same.map(async ({ name }) => {
      const { exitCode, stdout, shortMessage } = await execa(`${folder}/${name}`, ['--version'], {
        argv0: `${BIN}/${name}`,
        cwd: scene.home ?? folder,
        env: TOOLS.environment,
        extendEnv: false,
        stdin: 'ignore',
        timeout: PATIENCE,
        reject: false,
      });
      if (exitCode !== 0) starts.set(name, shortMessage ?? `it answered ${exitCode}`);
      else if (stdout.trim() !== scene.version) starts.set(name, `it says that it is ${stdout}`);
    }),
  );
  return starts;
}

/** The programs in the agent's folder. */
export const windowsProgramsCheck: Check = {
  name: 'programs',
  title: 'Programs',
  async run(scene) {
    const facts = programsIn(scene);
    if (!facts) return [];
    const access = await WINDOWS.accessTo(facts.folder, scene.host);
    return [
      ...judgeFolderAccess(facts.folder, access),
      ...(access ? [] : [untold(facts.folder)]),
      ...judgePrograms(facts),
      ...judgeStarts(facts.folder, await startsOf(facts, scene)),
    ];
  },
};

const untold = (folder: string): Finding =>
  warning(`who may write to ${folder} could not be told`, `see icacls "${folder}"`);
