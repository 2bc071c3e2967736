import { type Command, unexpected } from '../../lib/effect.ts';
import type { Host } from '../../lib/host.ts';
import { BIN } from '../../lib/node/home.ts';
import { ActionError } from '../../lib/outcome.ts';
import { LIMIT } from '../../lib/ports.ts';
import { windows } from '../../lib/windows/command-line.ts';
import type { Timer } from './platform.ts';

/** The task's name in the Task Scheduler. */
export const NAME = 'Riposte sweep';

/** How often a sweep comes, in minutes. */
const EVERY = 5;
/** The Task Scheduler's tool takes no longer command line, in characters. */
const LONGEST = 261;

/** As Windows spells it; a backslash at its end would make the quote after it a part of the path. */
const backslashed = (path: string): string => path.replaceAll('/', '\\').replace(/\\+$/, '');

/** A path as one word of a command line; no path on Windows has a quote in it. */
const quoted = (path: string): string => `"${path}"`;

const programIn = (home: string): string =>
  `${backslashed(home)}\\${backslashed(BIN)}\\riposte.exe`;

/** What the task runs, as one text. */
export const lineFor = (home: string): string => {
  const folder = backslashed(home);
  // The root of a drive is no path without it.
  const place = /^[A-Za-z]:$/.test(folder) ? `${folder}\\.` : folder;
  return `${quoted(programIn(home))} sweep --quiet --home ${quoted(place)}`;
};

/** Makes the task, or makes it anew. */
export const creation = (home: string): Command =>
  windows(
    ...(['schtasks', '/create', '/tn', NAME, '/tr', lineFor(home)] as const),
    ...['/sc', 'minute', '/mo', String(EVERY), '/ru', 'SYSTEM', '/f'],
  );

const QUERY = windows('schtasks', '/query', '/tn', NAME, '/xml');
const DELETION = windows('schtasks', '/delete', '/tn', NAME, '/f');

/** `riposte sweep` as a task of the Task Scheduler, which runs it as SYSTEM. */
export const TASK: Timer = {
  who: 'the Task Scheduler',
  parts: () => [`the scheduled task "${NAME}"`],
  obstacle(home) {
    // The Task Scheduler would put a value in their place.
    if (/%|\$\(/.test(home)) return `${home} has characters that a task could not hold`;
    const { length } = lineFor(home);
    if (length <= LONGEST) return undefined;
    return `its command line would have ${length} characters, and schtasks takes ${LONGEST}`;
  },
  async set(home, host) {
    const there = await definition(host);
    if (there !== undefined && there !== '' && !isFor(home, there)) {
      const text = `no timer: there is a task "${NAME}", and not for ${home}`;
      throw new ActionError('not-ours', `${text}; see schtasks /query /tn "${NAME}" /v /fo list`);
    }
    await demand(creation(home), host);
  },
  has: async (home, host) => isFor(home, (await definition(host)) ?? ''),
  async remove(home, host) {
    if (!isFor(home, (await definition(host)) ?? '')) return [];
    await demand(DELETION, host);
    return TASK.parts();
  },
};

/** The task as it is, in XML; nothing where there is none, or nobody who would know. */
async function definition({ runner }: Host): Promise<string | undefined> {
  if ((await runner.locate(QUERY.tool)) === undefined) return undefined;
  const { exitCode, stdout } = await runner.run(QUERY, LIMIT.tool);
  return exitCode === 0 ? stdout : undefined;
}

/** Whether a task runs the program of a home. */
export function isFor(home: string, xml: string): boolean {
  const [, command = ''] = /<Command>(.*?)<\/Command>/s.exec(xml) ?? [];
  return plain(unescaped(command)) === plain(programIn(home));
}

const unescaped = (text: string): string =>
  text
    .trim()
    .replace(/^(?:"|&quot;)|(?:"|&quot;)$/g, '')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** The tool prints in the system's own characters, of which ASCII alone is certain; cases are one. */
const plain = (path: string): string => path.replace(/[^\x20-\x7e]+/g, '?').toLowerCase();

async function demand(command: Command, { runner }: Host): Promise<void> {
  const completed = await runner.run(command, LIMIT.tool);
  if (completed.exitCode !== 0) throw unexpected(command, completed);
}
