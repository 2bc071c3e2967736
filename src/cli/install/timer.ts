import type { Host } from '../../lib/host.ts';
import { BIN } from '../../lib/node/home.ts';
import { ActionError } from '../../lib/outcome.ts';
import { LIMIT } from '../../lib/ports.ts';
import type { Timer } from './platform.ts';
import { at } from './site.ts';

/** How often a sweep comes, in minutes. */
const EVERY = 5;

const NAME = 'riposte-sweep';
const UNITS = '/etc/systemd/system';
const CRON = '/etc/cron.d';

/** What keeps time on this machine. */
type Keeper = 'systemd' | 'cron';

const FILES: Readonly<Record<Keeper, Readonly<Record<string, (home: string) => string>>>> = {
  systemd: {
    [`${UNITS}/${NAME}.service`]: (home) => `[Unit]
Description=Riposte: undo what outlived its time

[Service]
Type=oneshot
ExecStart=${sweep(home)}
`,
    [`${UNITS}/${NAME}.timer`]: () => `[Unit]
Description=Riposte: undo what outlived its time

[Timer]
OnBootSec=1min
OnUnitActiveSec=${EVERY}min

[Install]
WantedBy=timers.target
`,
  },
  cron: {
    [`${CRON}/riposte`]: (home) => `*/${EVERY} * * * * root ${sweep(home)}\n`,
  },
};

const mark = (home: string) =>
  `# Made by riposte install for ${home}; riposte uninstall removes it.`;

const sweep = (home: string) => `${home}/${BIN}/riposte sweep --quiet --home ${home}`;

const textOf = (home: string, rest: (home: string) => string) => `${mark(home)}\n${rest(home)}`;

/** What keeps time here; nothing where neither does. */
function keeperHere(): Keeper | undefined {
  if (at('/run/systemd/system')?.kind === 'folder') return 'systemd';
  return at(CRON)?.kind === 'folder' ? 'cron' : undefined;
}

/** The files that the timer would be, and what they would hold, for people. */
const timerFiles = (keeper: Keeper): readonly string[] => Object.keys(FILES[keeper]);

/** Why there can be no timer for a home, or nothing. */
function noTimer(home: string, keeper = keeperHere()): string | undefined {
  // Both keepers read some characters as their own.
  if (!/^[\w@+:,./-]+$/.test(home)) return `${home} has characters that a timer could not hold`;
  if (keeper) return undefined;
  return `here is neither systemd nor ${CRON}: let something else call ${sweep(home)}`;
}

/** Lets `riposte sweep` be called every few minutes; what was set up before stays. */
async function setTimer(home: string, host: Host): Promise<void> {
  const keeper = keeperHere();
  const why = noTimer(home, keeper);
  if (why !== undefined || keeper === undefined)
    throw new ActionError('refused', `no timer: ${why}`);
  for (const [path, rest] of Object.entries(FILES[keeper])) {
    const before = await host.systemFiles.read(path);
    if (before !== undefined && !before.startsWith(`${mark(home)}\n`)) {
      throw new ActionError('not-ours', `no timer: ${path} is there, and not for ${home}`);
    }
    const after = textOf(home, rest);
    if (before !== after) await host.systemFiles.replace(path, before, after, LIMIT.tool);
  }
  if (keeper === 'systemd') {
    await systemctl(host, 'daemon-reload');
    await systemctl(host, 'enable', '--now', `${NAME}.timer`);
  }
}

/** Whether a timer for the home is set up. */
async function hasTimer(home: string, host: Host): Promise<boolean> {
  for (const path of Object.values(FILES).flatMap((files) => Object.keys(files))) {
    if (await isOurs(path, home, host)) return true;
  }
  return false;
}

/** Takes it away again; the names of the files that are gone. */
async function removeTimer(home: string, host: Host): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const keeper of ['systemd', 'cron'] as const) {
    const paths: string[] = [];
    for (const path of timerFiles(keeper)) {
      if (await isOurs(path, home, host)) paths.push(path);
    }
    if (paths.length === 0) continue;
    const systemd = keeper === 'systemd' && (await host.runner.locate('systemctl')) !== undefined;
    const now = keeperHere() === 'systemd';
    // The timer goes first: what is enabled and not there would be reported at every boot.
    if (systemd) await systemctl(host, 'disable', ...(now ? ['--now'] : []), `${NAME}.timer`);
    for (const path of paths) {
      await host.systemFiles.replace(
        path,
        await host.systemFiles.read(path),
        undefined,
        LIMIT.tool,
      );
    }
    if (systemd && now) await systemctl(host, 'daemon-reload');
    gone.push(...paths);
  }
  return gone;
}

async function isOurs(path: string, home: string, { systemFiles }: Host): Promise<boolean> {
  if (!at(path)) return false;
  return (await systemFiles.read(path))?.startsWith(`${mark(home)}\n`) === true;
}

async function systemctl({ runner }: Host, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runner.run({ tool: 'systemctl', args }, LIMIT.tool);
  if (exitCode === 0) return;
  const why = stderr.trim().split('\n')[0] || 'no text';
  throw new ActionError('tool-failed', `systemctl ${args.join(' ')} answered ${exitCode}: ${why}`);
}

/** `riposte sweep` by systemd where that runs, else by cron. */
export const TIMER: Timer = {
  who: 'systemd or cron',
  parts() {
    const keeper = keeperHere();
    return keeper ? timerFiles(keeper) : [];
  },
  obstacle: (home) => noTimer(home),
  set: setTimer,
  has: hasTimer,
  remove: removeTimer,
};
