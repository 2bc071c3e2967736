import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../src/lib/host.ts';
import { inventory } from '../../src/lib/inventory.ts';
import { liftAll, liftOne } from '../../src/lib/lift-all.ts';
import { ActionError, exitCode } from '../../src/lib/outcome.ts';
import { STATE } from '../../src/lib/ports.ts';
import { type Entry, parseEntry, spellEntry } from '../../src/lib/record.ts';
import { A_FEW, restoreLost, type Scope, sweepOverdue, WHOLE } from '../../src/lib/sweep.ts';
import { actionsOn, type Example, examplesOf } from '../support/actions.ts';
import { PROTOCOLS } from '../support/callers.ts';
import { Row } from '../support/matrix.ts';
import { HOME, ModelHost } from '../support/model-host.ts';

const KINDS = [
  ['firewall-drop', 'nft'],
  ['firewall-drop', 'ipset'],
  ['firewall-drop', 'iptables'],
  ['route-null', 'ip-route'],
  ['host-deny', 'hosts-deny'],
  ['disable-account', 'usermod'],
] as const;

const wazuh5 = PROTOCOLS.find(({ name }) => name === 'wazuh5');
const actions = new Map(
  actionsOn('linux').flatMap(({ action }) =>
    [action.name, ...action.aliases].map((name) => [name, action]),
  ),
);

/** A way to block, on hosts where that was done before. */
function rowOf(name: string, backend: string): Row {
  const action = actions.get(name);
  const [example] = action ? examplesOf(action) : [];
  if (!action || !wazuh5 || !example) throw new Error(`no ${name}`);
  return new Row(action, wazuh5, example, backend);
}

/** A host with one block on it, and the path of its record. */
async function blocked(row: Row): Promise<{ readonly host: ModelHost; readonly path: string }> {
  const host = new ModelHost({ bare: true });
  expect(await row.call('add', host)).toMatchObject({ outcome: 'applied' });
  const path = host.records().find((one) => one.includes(`@${row.backend}`)) ?? '';
  expect(path).not.toBe('');
  return { host, path };
}

const text = (host: ModelHost, path: string) => String(host.volume.readFileSync(path));
const put = (host: ModelHost, path: string, content: string | Uint8Array) => {
  host.volume.mkdirSync(path.replace(/\/[^/]*$/, ''), { recursive: true, mode: 0o700 });
  host.volume.writeFileSync(path, Buffer.from(content as string), { mode: 0o600 });
};
const asRiposte = <T>(host: ModelHost, work: (ports: Host) => Promise<T>) =>
  host.run('riposte', work);
const account = (host: ModelHost, name: string) =>
  host
    .state()
    .split('\n')
    .find((line) => line.startsWith(`account ${name} `));

const sweep = (host: ModelHost) =>
  asRiposte(host, async (ports) => [
    ...(await sweepOverdue(actions, ports, WHOLE)),
    ...(await restoreLost(actions, ports, WHOLE)),
  ]);
const look = (host: ModelHost) => asRiposte(host, (ports) => inventory(actions, ports));

describe('a record that is not whole', () => {
  const place = { action: 'x', holder: 'y', target: '203.0.113.7', backend: 'z' };
  const entry: Entry = {
    ...place,
    stage: 'held',
    until: '2026-02-03T10:21:12.000Z',
    enforced: true,
    former: '{"uid":1000,"expires":"20500"}',
    since: '2026-02-03T10:11:12.000Z',
    fields: { srcip: '203.0.113.7' },
    options: { zone: 'dmz' },
    reason: 'naïve “quotes” \ud83d\ude00',
  };
  const whole = spellEntry(entry, 'boot', 0).text;
  const torn = { ...place, stage: 'making', until: undefined };

  test('says as much as it did, where it is', () => {
    expect(parseEntry(whole, place)).toEqual({ ...entry, boot: 'boot' });
  });

  test('says no more than its name, wherever it was cut short', () => {
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length - 1; length += 1) {
      expect(parseEntry(bytes.subarray(0, length).toString(), place)).toEqual(torn);
    }
  });

  test('says no more than its name, whichever bit is another', () => {
    const bytes = Buffer.from(whole);
    for (let bit = 0; bit < (bytes.length - 1) * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(parseEntry(flipped.toString(), place)).toEqual(torn);
    }
  });

  test.each(['null', '7', '"text"', '[]', '{}', '{"sum":1}', '{"__proto__":{"sum":"x"}}'])(
    'says no more than its name: %s',
    (junk) => expect(parseEntry(junk, place)).toEqual(torn),
  );

  test('says no more than its name, however deep it goes', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(10_000)}1${close.repeat(10_000)}`;
      expect(parseEntry(`{"sum":"x","a":${deep}}`, place)).toEqual(torn);
    }
  });

  test.each(['soon', '1', '', '2026-13-45T99:99:99Z', `2026-02-03T10:21:12Z${' '.repeat(999)}`])(
    'knows no end that is no time: %j',
    (until) => {
      const { text } = spellEntry({ ...entry, until }, 'boot', 0);
      expect(parseEntry(text, place).until).toBeUndefined();
    },
  );
});

describe('an account whose record is harmed', () => {
  const row = rowOf('disable-account', 'usermod');
  const NAME = row.example.text;

  /** Undone, it is as it was before, or it is left as it is for somebody to see to. */
  async function judge(harm: (bytes: Buffer) => Buffer, what: string, old = true): Promise<string> {
    const host = new ModelHost({ bare: true });
    host.tool({ tool: 'usermod', args: ['-e', '20500', NAME] });
    const before = account(host, NAME);
    await row.call('add', host);
    const locked = account(host, NAME);
    const path = host.records().find((one) => one.endsWith('@usermod')) ?? '';
    put(host, path, harm(Buffer.from(text(host, path))));
    if (old) host.volume.utimesSync(path, 1, 1);
    for (const result of await sweep(host)) expect(result.outcome, what).not.toBe('internal');
    const { outcome } = await row.call('delete', host);
    expect(['removed', 'bad-state'], what).toContain(outcome);
    expect(account(host, NAME), what).toBe(outcome === 'removed' ? before : locked);
    return outcome;
  }

  test('by a bit in one of its bytes, gets back nothing wrong', async () => {
    const { host, path } = await blocked(row);
    for (let at = 0; at < text(host, path).length - 1; at += 5) {
      const flip = (bytes: Buffer) => {
        bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ (1 << (at % 8)), at % bytes.length);
        return bytes;
      };
      expect(await judge(flip, `bit ${at % 8} of byte ${at}`)).toBe('bad-state');
    }
  }, 60_000);

  test('by its end being lost, gets back nothing wrong', async () => {
    const { host, path } = await blocked(row);
    const { length } = text(host, path);
    for (let at = 0; at < length - 1; at += 13) {
      expect(await judge((bytes) => bytes.subarray(0, at), `${at} bytes`)).toBe('bad-state');
    }
    expect(await judge((bytes) => bytes, 'all of it', false)).toBe('removed');
  }, 60_000);

  test('that cannot be read, is undone for whoever has one that can', async () => {
    const { host, path } = await blocked(row);
    await row.call('add', host, { holder: 'manual' });
    host.volume.truncateSync(path, 100 << 10);
    expect(await row.call('delete', host, { holder: 'manual' })).toMatchObject({
      outcome: 'removed',
      detail: expect.stringContaining('still, for others') as string,
    });
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'bad-state' });
  });
});

describe.each(KINDS)('%s by %s', (name, backend) => {
  const row = rowOf(name, backend);
  const { text: target, other } = row.example;

  test('what its record says of another target counts for nothing', async () => {
    const { host, path } = await blocked(row);
    const { subject } = row.example;
    const place = { action: name, holder: name, target, backend };
    const entry = { ...place, fields: { [subject]: other }, since: '2026-02-03T10:11:12.000Z' };
    for (const until of [undefined, '2026-02-02T10:11:12.000Z', '+275760-09-13T00:00:00.000Z']) {
      for (const stage of ['making', 'held', 'going'] as const) {
        const said = spellEntry({ ...entry, until, stage, endless: true }, 'boot', 0);
        put(host, path, said.text);
        host.volume.utimesSync(path, 1, 1);
        host.tool({ tool: 'nft', args: ['flush', 'ruleset'] });
        for (const { outcome } of await sweep(host)) expect(outcome).not.toBe('internal');
        expect(host.holds(other), `${stage} ${until}`).toBe(false);
      }
    }
  });

  test('and a person’s undo of it lifts its own target alone', async () => {
    const { host, path } = await blocked(row);
    const [example] = examplesOf(row.action) as [Example];
    await new Row(row.action, row.protocol, { ...example, text: other }, backend).call('add', host);
    const { sum: _, boot, ...entry } = JSON.parse(text(host, path));
    const fields = { [row.example.subject]: other };
    put(host, path, spellEntry({ ...entry, fields }, boot, 0).text);
    const holding = (await look(host)).holdings.find((one) => one.target === target);
    if (!holding) throw new Error(`${target} is not listed`);
    expect(await asRiposte(host, (ports) => liftOne(holding, actions, ports))).toBeUndefined();
    expect([target, other].map((one) => host.holds(one))).toEqual([false, true]);
  });

  test('one that has another’s contents says nothing, and that one’s stays', async () => {
    const { host, path } = await blocked(row);
    const [example] = examplesOf(row.action) as [Example];
    const twin = new Row(row.action, row.protocol, { ...example, text: other }, backend);
    await twin.call('add', host);
    const others = host.records().find((one) => one.includes('@') && one !== path) ?? '';
    put(host, path, text(host, others));
    // An account would get back what another had.
    const outcome = backend === 'usermod' ? 'bad-state' : 'removed';
    expect(await row.call('delete', host)).toMatchObject({ outcome });
    expect(host.holds(target)).toBe(backend === 'usermod');
    expect(host.holds(other)).toBe(true);
    expect((await look(host)).holdings.map((one) => one.target)).toContain(other);
  });

  test('too large a record hides nothing, and stops neither a list nor a sweep', async () => {
    const { host, path } = await blocked(row);
    const [example] = examplesOf(row.action) as [Example];
    const twin = new Row(row.action, row.protocol, { ...example, text: other }, backend);
    await twin.call('add', host, {}, { seconds: 1 });
    const others = host.records().find((one) => one.includes('@') && one !== path) ?? '';
    host.volume.truncateSync(path, 100 << 10);
    host.volume.utimesSync(path, 1, 1);
    const { holdings, blind } = await look(host);
    expect(holdings.map((one) => one.target).sort()).toEqual([target, other].sort());
    expect(blind).toEqual([expect.stringContaining(`${path}: has more than`)]);

    host.volume.utimesSync(others, 1, 1);
    host.pass(7 * 86_400_000);
    const results = await sweep(host);
    expect(results.at(-1)).toMatchObject({
      outcome: 'bad-state',
      detail: expect.stringContaining(path) as string,
    });
    expect(host.holds(other)).toBe(false);
    expect(host.records()).not.toContain(others);
  });
});

describe('what is no record', () => {
  const row = rowOf('firewall-drop', 'iptables');
  const held = `${HOME}/${STATE}/held`;
  const shard = (path: string) => path.replace(/\/[^/]*$/, '');

  const HARMS: Readonly<Record<string, (host: ModelHost, path: string) => void>> = {
    'a name that nothing decodes': (host, path) => put(host, `${shard(path)}/%zz@x@y`, ''),
    'a name that is spelled otherwise': (host, path) =>
      put(host, `${shard(path)}/%32@firewall-drop@iptables`, '{}'),
    'a holder with words for a tool': (host, path) =>
      put(host, `${shard(path)}/203.0.113.7@a b; flush@nft`, '{}'),
    'a record in the wrong folder': (host, path) =>
      put(host, `${held}/firewall-drop/00/203.0.113.9@firewall-drop@iptables`, text(host, path)),
    'a long name that its contents do not bear out': (host, path) =>
      put(host, `${shard(path)}/aa=9.1@firewall-drop@iptables`, text(host, path)),
    'something without a form': (host, path) => put(host, `${shard(path)}/core`, 'junk'),
    'a file in the place of an action’s folder': (host) => put(host, `${held}/host-deny`, 'junk'),
    'a folder that everybody may write': (host) => {
      host.volume.mkdirSync(`${held}/route-null/00`, { recursive: true, mode: 0o700 });
      host.volume.chmodSync(`${held}/route-null`, 0o777);
    },
  };

  test.each(Object.keys(HARMS))('%s is told of, and hides nothing else', async (what) => {
    const { host, path } = await blocked(row);
    HARMS[what]?.(host, path);
    const { holdings, blind } = await look(host);
    expect(holdings.map((one) => one.target)).toEqual([row.example.text]);
    expect(blind).toHaveLength(1);
    const results = await sweep(host);
    expect(results).toMatchObject([{ outcome: 'bad-state', action: 'sweep' }]);
    expect(results[0]?.detail).toContain(blind[0]);
    expect(await row.call('delete', host)).toMatchObject({ outcome: 'removed' });
  });

  test('many are told of in one line', async () => {
    const { host, path } = await blocked(row);
    for (let n = 0; n < 50; n += 1) put(host, `${shard(path)}/junk${n}`, '');
    const [result, ...rest] = await sweep(host);
    expect(rest).toEqual([]);
    expect(result?.detail).toMatch(/and 47 more$/);
    expect(result?.detail.length).toBeLessThan(2_000);
  });

  test('and what cannot be read never keep a few from being swept after a run', async () => {
    const { host, path } = await blocked(row);
    for (let n = 1; n < 5; n += 1) {
      const target = `198.51.100.${n}`;
      await row.call('add', host, {}, { text: target });
      const record = host.records().find((one) => one.includes(`/${target}@`)) ?? '';
      host.volume.truncateSync(record, 100 << 10);
      host.volume.utimesSync(record, 1, 1);
    }
    host.pass(7 * 86_400_000);
    host.volume.utimesSync(path, 2, 2);
    await asRiposte(host, (ports) => sweepOverdue(actions, ports, A_FEW));
    expect(host.holds(row.example.text)).toBe(false);
  });
});

describe('when to look next', () => {
  const row = rowOf('firewall-drop', 'iptables');
  const due = `${HOME}/${STATE}/due`;
  const isDue = (host: ModelHost) =>
    asRiposte(host, (ports) => ports.records.isDue(ports.clock.now().getTime()));

  test.each([['junk\n'], ['-5\n'], ['1e99\n'], ['99999999999999999\n'], ['x'.repeat(5_000)], ['']])(
    'is now, where it says %j, and is written anew',
    async (junk) => {
      const { host } = await blocked(row);
      expect(await isDue(host)).toBe(false);
      put(host, due, junk);
      expect(await isDue(host)).toBe(true);
      await asRiposte(host, (ports) => sweepOverdue(actions, ports, A_FEW));
      expect(await isDue(host)).toBe(false);
      expect(host.holds(row.example.text)).toBe(true);
    },
  );

  test('may be where nothing can be written: a whole sweep does its work and tells', async () => {
    const { host } = await blocked(row);
    host.pass(7 * 86_400_000);
    const swept = (scope: Scope) =>
      asRiposte(host, (ports) => {
        const dueAt = () => Promise.reject(new ActionError('bad-state', 'no room'));
        return sweepOverdue(actions, { ...ports, records: { ...ports.records, dueAt } }, scope);
      });
    await expect(swept(A_FEW)).rejects.toMatchObject({ kind: 'bad-state' });
    expect(host.holds(row.example.text)).toBe(true);
    const results = await swept(WHOLE);
    expect(results.map(({ outcome }) => outcome)).toEqual(['expired', 'bad-state']);
    expect(results.at(-1)?.detail).toBe('passed over: no room');
    expect(host.holds(row.example.text)).toBe(false);
  });
});

test('undo --all takes away what is marked, though no record can be removed', async () => {
  const { host, path } = await blocked(rowOf('firewall-drop', 'nft'));
  host.volume.unlinkSync(path);
  host.volume.mkdirSync(path);
  const { failures } = await asRiposte(host, (ports) => liftAll(actions, ports));
  expect(failures.join('\n')).toContain('could not be removed');
  expect(host.holds('203.0.113.7')).toBe(false);
});

const VICTIM = '198.51.100.99';

/** What may be found in any file: bytes, JSON of any shape, or a record whose fields are anything. */
const content: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json(),
  fc
    .record(
      {
        stage: fc.constantFrom('making', 'held', 'going', 7),
        until: fc.constantFrom('2026-02-02T10:11:12Z', '2099-01-01T00:00:00Z', 'x', 5, null),
        endless: fc.constantFrom(true, 1),
        enforced: fc.constantFrom(true, 'yes'),
        persistent: fc.boolean(),
        former: fc.oneof(fc.string(), fc.json(), fc.integer()),
        since: fc.oneof(fc.string(), fc.integer()),
        boot: fc.constantFrom('boot', 'other', 1),
        target: fc.constantFrom(VICTIM, '203.0.113.7', 7, null),
        action: fc.constantFrom('host-deny', 'x', 7),
        fields: fc.oneof(
          fc.constant({ srcip: VICTIM, user: 'trudy' }),
          fc.constant({ srcip: 7 }),
          fc.object(),
        ),
        options: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.object()),
        alert: fc.anything(),
      },
      { requiredKeys: [] },
    )
    .map((raw) => spellEntry(raw as unknown as Entry, 'boot', 0).text),
);

const harm = fc.record({
  // Which of the files there are, or a new one beside the first.
  file: fc.nat({ max: 9 }),
  name: fc.option(
    fc.oneof(
      fc.string({ minLength: 1, maxLength: 40 }),
      fc.constantFrom('%@x@nft', '203.0.113.7@a b@nft', 'x=1.1@manual@nft', '@@', '=@=@='),
    ),
    { nil: undefined, freq: 2 },
  ),
  content,
  old: fc.boolean(),
});

test.each(KINDS)(
  'whatever is in the files of the state folder, %s by %s fails well and does no harm',
  async (name, backend) => {
    const row = rowOf(name, backend);
    await fc.assert(
      fc.asyncProperty(fc.array(harm, { minLength: 1, maxLength: 4 }), async (harms) => {
        const { host } = await blocked(row);
        const trudy = account(host, 'trudy');
        for (const { file, name, content, old } of harms) {
          const paths = host.own();
          const path = paths[file % paths.length] ?? '';
          const clean = name?.replaceAll(/[/\0]/g, '').replace(/^\.+$/, '') || undefined;
          const where = clean === undefined ? path : path.replace(/[^/]*$/, () => clean);
          put(host, where, content);
          if (old) host.volume.utimesSync(where, 1, 1);
        }
        const outcomes: string[] = [];
        const note = (results: readonly { readonly outcome: string }[]) =>
          outcomes.push(...results.map(({ outcome }) => outcome));
        await asRiposte(host, async (ports) => {
          note(await sweepOverdue(actions, ports, A_FEW));
        }).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(ActionError);
          expect(thrown).not.toMatchObject({ kind: 'internal' });
        });
        note(await sweep(host));
        const { holdings } = await look(host);
        for (const { target } of holdings) expect(target).not.toBe(VICTIM);
        note([await row.call('delete', host), await row.call('add', host)]);
        host.pass(7 * 86_400_000);
        note(await sweep(host));
        note([await row.call('delete', host)]);
        expect(outcomes).not.toContain('internal');
        expect(outcomes.every((one) => exitCode(one as never) !== undefined)).toBe(true);
        expect(host.holds(VICTIM)).toBe(false);
        expect(account(host, 'trudy')).toBe(trudy);
        // Where there is a mark an undo needs no record.
        if (backend !== 'usermod') expect(host.holds(row.example.text)).toBe(false);
      }),
      { numRuns: 60, seed: 20260203 },
    );
  },
  60_000,
);
