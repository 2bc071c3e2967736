import { type Command, run, unexpected } from '../effect.ts';
import type { Host } from '../host.ts';
import { asActionError } from '../outcome.ts';

/** What is done. */
export type Operation = 'restart' | 'reload';

// What packages call it; which of them is ours its own start command tells.
const UNITS = ['wazuh-agent', 'wazuh-manager', 'ossec-hids', 'ossec-agent', 'ossec'];
const PROPERTIES = ['Id', 'LoadState', 'ActiveState', 'CanReload', 'ExecStart'];
const RUNNING = /^(?:active|activating|deactivating|reloading)$/;

/** The question which of the units there are. */
export const whichUnit = run(
  'systemctl',
  'show',
  ...PROPERTIES.flatMap((name) => ['-p', name]),
  ...UNITS.map((unit) => `${unit}.service`),
);

/** Milliseconds for the question; it has an answer at once, or the bus is of no use now. */
const PATIENCE = 3_000;

/**
 * The unit by which systemd runs what is in this home and could do the operation; nothing where there
 * is none. A unit that does not run is none either: to restart it would start what was started by hand
 * and runs already, and so restart nothing.
 */
export async function unitFor(operation: Operation, host: Host): Promise<string | undefined> {
  const blocks = (await shown(host)).trim().split(/\n\n+/);
  const units = blocks.map((block) => new Map(block.split('\n').map(pair)));
  const able = units.filter(
    (unit) =>
      unit.get('LoadState') === 'loaded' &&
      RUNNING.test(unit.get('ActiveState') ?? '') &&
      (operation === 'restart' || unit.get('CanReload') === 'yes'),
  );
  for (const unit of able) {
    const words = (unit.get('ExecStart') ?? '').split(/[\s=]+/);
    for (const word of words.filter((one) => one.startsWith('/'))) {
      if (await host.installation.holds(word)) return unit.get('Id');
    }
  }
  return undefined;
}

const pair = (line: string): [string, string] => {
  const [name = '', ...value] = line.split('=');
  return [name, value.join('=')];
};

/** What systemd says of the units. Where it cannot be asked the control script does the same. */
async function shown({ runner, log }: Host): Promise<string> {
  try {
    const completed = await runner.run(whichUnit, PATIENCE);
    if (completed.exitCode === 0) return completed.stdout;
    if (/not been booted with systemd|Host is down/.test(completed.stderr)) return '';
    throw unexpected(whichUnit, completed);
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    if (kind !== 'missing-tool') await log.say(`Without systemd: ${message}`);
    return '';
  }
}

/**
 * Tells systemd to do it. A stop that somebody else asked for meanwhile comes first: then it fails.
 * `waiting` is for who is not a part of what is stopped.
 */
export const toldSystemd = (operation: Operation, unit: string, waiting: boolean): Command =>
  run(
    'systemctl',
    ...(waiting ? [] : ['--no-block']),
    ...['--no-ask-password', '--job-mode=fail', operation, unit],
  );
