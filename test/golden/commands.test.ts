import { describe, expect, test } from 'vitest';
import type { Action, Deed } from '../../src/lib/action.ts';
import { plan } from '../../src/lib/dryrun.ts';
import {
  ACTIONS,
  backendsOf,
  DEEDS,
  type Example,
  examplesOf,
  platformOf,
} from '../support/actions.ts';
import { call, PROTOCOLS } from '../support/callers.ts';
import { askOf, settingsOf } from '../support/deeds.ts';
import { Row, specialist } from '../support/matrix.ts';
import { ModelHost, type Setting } from '../support/model-host.ts';
import { noteOf } from './notes.ts';

/** One chapter of the book: what is done on what kind of host. */
interface Chapter {
  readonly title: string;
  readonly setting?: Setting;
  /** What the host has seen before. */
  readonly before: (row: Row) => Promise<ReturnType<Row['fresh']>>;
  readonly verb: 'add' | 'delete';
}

const added = async (row: Row, setting: Setting = {}) => {
  const host = await row.used(setting);
  await row.call('add', host);
  return host;
};

/** A host whose firewall is off in some profiles, where its system has such. */
const unguarded = async (row: Row, ...profiles: readonly string[]) => {
  const host = row.fresh();
  const policy = String.raw`HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy`;
  for (const profile of row.platform === 'windows' ? profiles : []) {
    const args = [
      'add',
      `${policy}\\${profile}`,
      '/v',
      'EnableFirewall',
      '/t',
      'REG_DWORD',
      '/d',
      '0',
    ];
    host.tool({ tool: 'reg', args: [...args, '/f'] });
  }
  return host;
};

const CHAPTERS: readonly Chapter[] = [
  { title: 'add, the first time on this host', before: async (row) => row.fresh(), verb: 'add' },
  { title: 'add, on a host that is set up', before: (row) => row.used(), verb: 'add' },
  { title: 'add again, to renew it', before: (row) => added(row), verb: 'add' },
  {
    title: 'add again, to renew it, on a kernel before 6.12',
    before: (row) => added(row, { kernel: [6, 11] }),
    verb: 'add',
  },
  {
    title: 'add, where no profile of the firewall is on',
    before: (row) => unguarded(row, 'DomainProfile', 'StandardProfile', 'PublicProfile'),
    verb: 'add',
  },
  { title: 'delete', before: (row) => added(row), verb: 'delete' },
  { title: 'delete, when nothing of ours is there', before: (row) => row.used(), verb: 'delete' },
];

/** Every command in order, and below it what the tool answered where that was no plain success. */
async function commands(row: Row, { before, verb }: Chapter): Promise<string> {
  const host = await before(row);
  host.commands.length = 0;
  host.answers.length = 0;
  const { outcome } = await row.call(verb, host);
  const lines = host.commands.flatMap((command, place) => {
    const answer = host.answers[place] ?? '';
    // What macOS says every time is no complaint.
    return [
      command,
      ...(/^0(?: No ALTQ support in kernel)?$/.test(answer) ? [] : [`  # answers ${answer}`]),
    ];
  });
  return [...lines, `# ${outcome}`, ''].join('\n');
}

function row(action: Action, example: Example, backend: string | undefined): Row {
  const [, wazuh5] = PROTOCOLS;
  if (!wazuh5) throw new Error('no protocol');
  return new Row(action, wazuh5, example, backend);
}

// What they stand on (commands that only look, and words that macOS alone has, are from its manual).
const ACCEPTED = [
  'The rules and words for pf, ipfw and npf here are of forms that were accepted by the real pfctl of',
  'FreeBSD 12.1 and of OpenBSD, by ipfw of the FreeBSD 11 era and by npfctl, on 2026-11-20. Nothing',
  'was run on one of these systems: whoever changes them has to see them accepted anew.',
  '',
];

const onFilters = (action: Action) =>
  examplesOf(action).some(({ text }) =>
    backendsOf(action, text).some(({ name }) => /^(?:pf|ipfw|npf)/.test(name)),
  );

/** The whole book of one action: what a system administrator would want to know before trusting it. */
async function book(action: Action): Promise<string> {
  const pages: string[] = [
    `${action.name}: ${action.summary}`,
    '',
    'Every command this action runs, in order, for a block of 60 seconds that an agent of Wazuh 5',
    'asks for, as one would type it at a shell. Written by `npm run golden`; read the difference.',
    '',
    ...(onFilters(action) ? ACCEPTED : []),
    ...noteOf(action.name, platformOf(action)),
  ];
  for (const example of examplesOf(action)) {
    const all = backendsOf(action, example.text).map(({ name }) => name);
    const own = all.filter((name) => specialist(name, example, platformOf(action)) === action);
    // A chain of ways that have pages elsewhere is shown as the whole that it is.
    for (const name of own.length > 0 ? own : [undefined]) {
      const told = new Set<string>();
      for (const chapter of CHAPTERS) {
        const text = await commands(row(action, example, name), chapter);
        // An older kernel is worth a page only to a backend that treats it differently.
        if (told.has(text)) continue;
        told.add(text);
        pages.push(`== ${example.kind}, ${name ?? 'all ways'}: ${chapter.title}`, '', text);
      }
    }
    for (const verb of ['add', 'delete'] as const) {
      pages.push(
        `== ${example.kind}: ${verb} --dry-run`,
        '',
        plan(verb, backendsOf(action, example.text)),
        '',
      );
    }
  }
  return pages.join('\n');
}

describe.each(ACTIONS.map((found) => [`${found.platform}/${found.file}`, found] as const))(
  '%s',
  (name, { action }) => {
    test('runs exactly the commands of its golden file', async () => {
      await expect(await book(action)).toMatchFileSnapshot(`${name}.txt`);
    });
  },
);

/** The book of what is done once. */
async function deedBook(deed: Deed): Promise<string> {
  const [wazuh4] = PROTOCOLS;
  if (!wazuh4) throw new Error('no protocol');
  const pages = [
    `${deed.name}: ${deed.summary}`,
    '',
    'Everything it does, in order, for an agent of Wazuh 4, as one would type or say it.',
    'Written by `npm run golden`; read the difference.',
    '',
    ...noteOf(deed.name, platformOf(deed)),
  ];
  for (const verb of ['add', 'delete'] as const) {
    const host = new ModelHost({ platform: platformOf(deed), settings: settingsOf(deed) });
    const { outcome } = await call(deed, wazuh4, askOf(deed, verb), host);
    pages.push(`== ${verb}`, '', ...host.commands, `# ${outcome}`, '');
  }
  return pages.join('\n');
}

describe.each(DEEDS.map((found) => [`${found.platform}/${found.file}`, found] as const))(
  '%s',
  (name, { action }) => {
    test('does exactly what its golden file says', async () => {
      await expect(await deedBook(action)).toMatchFileSnapshot(`${name}.txt`);
    });
  },
);
