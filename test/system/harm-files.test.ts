import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accountLane } from '../support/accounts.ts';
import { KINDS, type Kind, Stage } from '../support/harm.ts';
import { BUILT, makeHome } from '../support/home.ts';

const here = accountLane(['nft', 'ipset', 'iptables']);

const MUCH = 100 << 20;

/** An agent with all its files whole. */
async function stage(kind: Kind): Promise<Stage & AsyncDisposable> {
  const home = await makeHome();
  const made = new Stage(here.host, home, kind);
  return Object.assign(made, { [Symbol.asyncDispose]: () => home.remove() });
}

const kindOf = (backend: string): Kind => KINDS.find((one) => one.backend === backend) as Kind;
const ROWS = KINDS.map((kind): [string, Kind] => [kind.name, kind]);
const FEW = ['nft', 'iptables'].map((backend): [string, Kind] => [backend, kindOf(backend)]);

/** What may become of a record; `other` is another one. */
const JUNK: Readonly<Record<string, (path: string, other: string) => void>> = {
  'cut in half': (path) => truncateSync(path, readFileSync(path).length >> 1),
  empty: (path) => truncateSync(path, 0),
  'of random bytes': (path) => writeFileSync(path, randomBytes(300)),
  'with a bit turned over': (path) => {
    const bytes = readFileSync(path);
    const at = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
  },
  'of 100 MB': (path) => truncateSync(path, MUCH),
  'of the wrong types': (path) =>
    writeFileSync(
      path,
      '{"stage":7,"until":5,"target":7,"former":7,"fields":{"srcip":7,"user":[]}}',
    ),
  'nested deep': (path) => writeFileSync(path, `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  'with the words of another': (path, other) => writeFileSync(path, readFileSync(other)),
};

describe.each(ROWS)('records of %s', (_name, kind) => {
  /** A stage with a block for every kind of junk, and one that stays whole. */
  async function spoiled() {
    const made = await stage(kind);
    const whole = await made.fresh();
    await made.agent('add', whole);
    const spoilt = new Map<string, string>();
    for (const [what, spoil] of Object.entries(JUNK)) {
      const target = await made.fresh();
      expect(await made.agent('add', target)).toMatchObject({ exitCode: 0 });
      spoil(made.record(target), made.record(whole));
      spoilt.set(what, target);
    }
    return { made, whole, spoilt };
  }

  test('that are harmed hide nothing, and what has a mark is undone', async () => {
    const { made, whole, spoilt } = await spoiled();
    await using _ = made;
    const list = await made.riposte('list');
    expect(list.exitCode, list.stderr).toBe(0);
    expect(list.stderr).toMatch(/^Not looked into: \S+ has more than 65536 bytes\S*$/);
    for (const target of [whole, ...spoilt.values()]) expect(list.stdout).toContain(target);
    const sweep = await made.riposte('sweep');
    expect([sweep.exitCode, sweep.stdout], sweep.stderr).toEqual([14, '']);
    expect(sweep.stderr).toMatch(/^bad-state: passed over: \S+ has more than 65536 bytes\S*$/);
    for (const [what, target] of spoilt) {
      expect(await made.holds(target), what).toBe(true);
      const { exitCode, said } = await made.agent('delete', target);
      expect(exitCode, `${what}: ${said}`).toBe(kind.marked ? 0 : 14);
      expect(await made.holds(target), what).toBe(!kind.marked);
      // What was there before nobody can say any more; nothing else is put in its place.
      if (!kind.marked) expect(said, what).toMatch(/see to it by hand|has more than/);
    }
    expect((await made.agent('delete', whole)).exitCode).toBe(0);
    expect(await made.holds(whole)).toBe(false);
  });

  test('that are harmed are whole again with the next alert', async () => {
    const { made, spoilt } = await spoiled();
    await using _ = made;
    for (const [what, target] of spoilt) {
      const { exitCode, said } = await made.agent('add', target);
      expect(exitCode, `${what}: ${said}`).toBe(0);
      expect(await made.holds(target), what).toBe(true);
    }
    for (const command of ['list', 'sweep']) {
      const { exitCode, stderr } = await made.riposte(command);
      expect([exitCode, stderr]).toEqual([0, '']);
    }
  });
});

/** What may lie in the place of other files; `$2` is the state folder. */
const FILES: Readonly<Record<string, { readonly lay: string; readonly sweep?: number }>> = {
  'due: junk': { lay: 'echo junk > "$2/due"' },
  'due: 100 MB': { lay: 'truncate -s 100M "$2/due"' },
  'due: a folder': { lay: 'rm -f "$2/due"; mkdir -m 0700 "$2/due"', sweep: 14 },
  'journal: junk': { lay: 'head -c 999 /dev/urandom >> "$2/journal.jsonl"' },
  'journal: 100 MB': { lay: 'truncate -s 100M "$2/journal.jsonl"' },
  'journal: a folder': { lay: 'rm "$2/journal.jsonl"; mkdir "$2/journal.jsonl"' },
  'journal: a FIFO': { lay: 'rm "$2/journal.jsonl"; mkfifo "$2/journal.jsonl"' },
  'journal: a link': { lay: 'ln -sf /etc/hostname "$2/journal.jsonl"' },
  'locks: junk': {
    lay: `mkdir -p -m 0700 "$2/lock"; cd "$2/lock"; : > junk; : > '1.x@y'; : > '99999999999999999999.1@x'
      truncate -s 100M '1.999999-77-4026531836-0f@hosts'; mkdir folder; ln -s nowhere choosing`,
  },
  'records: a file in the place of a folder': {
    lay: 'mkdir -p -m 0700 "$2/held"; : > "$2/held/host-deny"',
    sweep: 14,
  },
  'records: names that are none': {
    lay: `cd "$2"/held/*/??; : > '%zz@x@nft'; : > core; : > "$(printf 'x\\n\\033@y@z')"`,
    sweep: 14,
  },
};

describe.each(FEW)('beside a block by %s', (_name, kind) => {
  test.each(Object.entries(FILES))('%s', async (_what, { lay, sweep = 0 }) => {
    await using made = await stage(kind);
    const [old, next] = [await made.fresh(), await made.fresh()];
    expect(await made.agent('add', old)).toMatchObject({ exitCode: 0 });
    await made.script(lay);
    for (const protocol of made.protocols.slice(0, 2)) {
      expect(await made.agent('add', next, protocol)).toMatchObject({ exitCode: 0 });
    }
    expect(await made.holds(next)).toBe(true);
    const list = await made.riposte('list');
    expect(list.exitCode, list.stderr).toBe(0);
    for (const target of [old, next]) expect(list.stdout).toContain(target);
    const swept = await made.riposte('sweep');
    expect(swept.exitCode, swept.stderr).toBe(sweep);
    for (const target of [old, next]) {
      expect(await made.agent('delete', target)).toMatchObject({ exitCode: 0 });
      expect(await made.holds(target)).toBe(false);
    }
    expect(readFileSync('/etc/hostname', 'utf8')).not.toContain('outcome');
  });

  test.each(['{', '[]', '7', '{"actions":7}', '{"protect":7}', '\\0\\377junk'])(
    'settings that are %s: nothing is blocked, and what is there is undone',
    async (junk) => {
      await using made = await stage(kind);
      const [old, next] = [await made.fresh(), await made.fresh()];
      expect(await made.agent('add', old)).toMatchObject({ exitCode: 0 });
      await made.script(`printf '${junk}' > "$2/riposte.json"; chmod 0600 "$2/riposte.json"`);
      const { exitCode, stdout, said } = await made.agent('add', next);
      expect([exitCode, stdout], said).toEqual([15, '']);
      expect(said).toContain('riposte.json: ');
      expect(await made.holds(next)).toBe(false);
      expect(await made.agent('delete', old)).toMatchObject({ exitCode: 0 });
      expect(await made.holds(old)).toBe(false);
    },
  );
});

test('records of the quarantine that are harmed are told of, and none hides another', async () => {
  await using made = await stage(kindOf('nft'));
  await made.script(`mkdir -p -m 0700 "$2/quarantine"; cd "$2/quarantine"; umask 077
    echo '{"id":"half","pa' > half.json; echo 7 > seven.json; echo '{"id":"no"}' > no.json
    truncate -s 100M big.json; mkdir folder.json; mkfifo fifo.json
    echo '{"id":"good","path":"/tmp/x","at":"2026-01-01T00:00:00Z","uid":0,"gid":0,"mode":420,"modified":"2026-01-01T00:00:00Z","size":1,"sha256":"00"}' > good.json`);
  const { exitCode, stdout, stderr } = await made.riposte('undo');
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^good {2}\S+ {2}1 {2}00 {2}\/tmp\/x$/);
  const told = [...stderr.matchAll(/quarantine\/(\w+)\.json/g)].map(([, name]) => name);
  expect(told.sort()).toEqual(['big', 'fifo', 'folder', 'half', 'no', 'seven']);
});

describe.each(ROWS)('no home at all: %s', (_name, kind) => {
  test('what needs a record is not done; all else is, says so, and is undone', async () => {
    await using made = await stage(kind);
    const bare = mkdtempSync(join(tmpdir(), 'riposte-bare-'));
    try {
      await made.script(`cp -l "${BUILT}/${kind.program}" "${BUILT}/riposte" "${bare}" 2> /dev/null ||
        cp "${BUILT}/${kind.program}" "${BUILT}/riposte" "${bare}"`);
      const program = `${bare}/${kind.program}`;
      for (const protocol of made.protocols) {
        const target = await made.fresh();
        // Without an agent's files nobody knows for how long, and so it has no end.
        const able = !kind.recordsFirst;
        const added = await made.agent('add', target, protocol, program, '/');
        expect(added.exitCode, added.said).toBe(able ? 0 : 14);
        expect(added.stderr).toContain('no agent home was found');
        expect(await made.holds(target)).toBe(able);
        if (able)
          expect(added.stderr).toMatch(/^applied: .*but it was not recorded \(no agent home/m);
        const list = await made.run([`${bare}/riposte`, 'list']);
        expect(list.exitCode, list.stderr).toBe(0);
        expect(list.stdout.includes(target)).toBe(able);
        const removed = await made.agent('delete', target, protocol, program, '/');
        expect(removed.exitCode, removed.said).toBe(0);
        expect(await made.holds(target)).toBe(false);
      }
      const sweep = await made.run([`${bare}/riposte`, 'sweep']);
      expect(sweep.exitCode, sweep.stderr).toBe(14);
      expect(sweep.stderr).toContain('name it with --home');
    } finally {
      rmSync(bare, { recursive: true });
    }
  });
});

/** What may be in the log's place; `$1` is the home. */
const LOGS: Readonly<Record<string, string>> = {
  'no folder': 'rm -r "$1/logs"',
  'a folder': 'mkdir "$1/logs/active-responses.log"',
  'a FIFO': 'mkfifo "$1/logs/active-responses.log"',
  'a link to nothing': 'ln -s /nowhere/at/all "$1/logs/active-responses.log"',
  'a hard link': ': > "$1/x"; ln "$1/x" "$1/logs/active-responses.log"',
  'a full disk':
    'mount -t tmpfs -o size=16k tmpfs "$1/logs"; cat /dev/zero > "$1/logs/x" 2> /dev/null || :',
};

describe.each(ROWS)('in the place of the log, for %s', (_name, kind) => {
  test.each(Object.entries(LOGS))(
    '%s: all is done, and told on standard error',
    async (what, lay) => {
      await using made = await stage(kind);
      await made.script(lay);
      for (const protocol of made.protocols) {
        const target = await made.fresh();
        const added = await made.agent('add', target, protocol);
        expect(added.exitCode, added.said).toBe(0);
        expect(added.stderr).toMatch(/nothing is logged: /);
        expect(added.stderr).toContain(`applied: ${target} `);
        expect(await made.holds(target)).toBe(true);
        const removed = await made.agent('delete', target, protocol);
        expect(removed.exitCode, removed.said).toBe(0);
        expect(removed.stderr).toContain(`removed: ${target} `);
        expect(await made.holds(target)).toBe(false);
      }
      if (what === 'a full disk') await made.script('umount "$1/logs"');
    },
  );
});
