import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JournalEntry, journalIn } from '../../src/lib/journal.ts';
import { STATE } from '../../src/lib/ports.ts';
import { ModelHost } from '../support/model-host.ts';

const entry: JournalEntry = {
  at: '2026-02-03T10:11:12.000Z',
  action: 'firewall-drop',
  holder: 'manual',
  verb: 'add',
  outcome: 'applied',
  reason: 'a line\nand another',
};

test('one JSON line an entry, in order', async () => {
  const host = new ModelHost();
  const journal = journalIn(host.files());
  await journal.append(entry);
  await journal.append({ ...entry, outcome: 'already' });
  expect(host.file(`${STATE}/journal.jsonl`)?.split('\n')).toHaveLength(3);
  expect(host.journal()).toEqual([entry, { ...entry, outcome: 'already' }]);
});

test('what a terminal would obey is escaped', async () => {
  const host = new ModelHost();
  const target = '/tmp/\u009b31m\u202egpj.exe';
  await journalIn(host.files()).append({ ...entry, target });
  expect(host.file(`${STATE}/journal.jsonl`)).not.toMatch(/[\u009b\u202e]/);
  expect(host.journal()).toEqual([{ ...entry, target }]);
});

test('the file is for its owner alone', async () => {
  const host = new ModelHost();
  await journalIn(host.files()).append(entry);
  const [path] = Object.keys(host.volume.toJSON()).filter((name) => name.endsWith('.jsonl'));
  expect(Number(host.volume.statSync(path ?? '').mode) & 0o777).toBe(0o600);
});

test('a torn last line is nobody’s concern', async () => {
  const host = new ModelHost();
  const journal = journalIn(host.files());
  await journal.append(entry);
  const path = `/var/ossec/${STATE}/journal.jsonl`;
  host.volume.writeFileSync(path, '{"at":"2026', { flag: 'a' });
  await expect(journal.append(entry)).resolves.toBeGreaterThan(0);
});

describe('read', () => {
  const file = `/var/ossec/${STATE}/journal.jsonl`;
  const spoilt = (text: string | Uint8Array) => {
    const host = new ModelHost();
    host.volume.mkdirSync(`/var/ossec/${STATE}`, { mode: 0o700 });
    host.volume.writeFileSync(file, text, { mode: 0o600 });
    return journalIn(host.files());
  };
  const line = `${JSON.stringify(entry)}\n`;

  test('nothing where there is no file', async () => {
    const journal = journalIn(new ModelHost().files());
    expect(await journal.read()).toEqual({ entries: [], skipped: 0 });
  });

  test('what was appended, in order', async () => {
    const journal = journalIn(new ModelHost().files());
    const entries = ['applied', 'removed'].map((outcome) => ({ ...entry, outcome }));
    for (const one of entries) await journal.append(one);
    expect(await journal.read()).toEqual({ entries, skipped: 0 });
  });

  test('a line that is there twice is one', async () => {
    expect(await spoilt(`${line}\n${line}`).read()).toEqual({ entries: [entry], skipped: 0 });
  });

  test.each([
    ['torn', '{"at":"2026'],
    ['no object', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['without its time', '{"action":"a","holder":"b","outcome":"applied"}'],
    ['of wrong types', '{"at":"x","action":"a","holder":"b","outcome":"applied","target":7}'],
    ['binary', '\0\u0001\ufffd\u001b'],
  ])('a line that is %s is counted and passed over', async (_what, junk) => {
    const read = await spoilt(`${line}${junk}\n${line.replace('applied', 'removed')}`).read();
    expect(read).toEqual({ entries: [entry, { ...entry, outcome: 'removed' }], skipped: 1 });
  });

  test('whatever the bytes are, what follows them is found', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, async (junk) => {
        const journal = spoilt(junk);
        await journal.append(entry);
        expect((await journal.read()).entries).toEqual([entry]);
      }),
    );
  });

  test('no more than the newest that the bound holds', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => ({ ...entry, alert: `${index}.1` }));
    const text = many.map((one) => `${JSON.stringify(one)}\n`).join('');
    const { entries, skipped } = await spoilt(text).read();
    expect(skipped).toBe(0);
    expect(entries.at(-1)).toEqual(many.at(-1));
    expect(entries).toEqual(many.slice(-entries.length));
    const size = entries.map((one) => JSON.stringify(one).length + 1).reduce((a, b) => a + b);
    expect(size).toBeLessThanOrEqual(4 << 20);
    expect(size).toBeGreaterThan((4 << 20) - 200);
  });
});

test('a folder that cannot be trusted is refused', async () => {
  const host = new ModelHost();
  host.volume.mkdirSync(`/var/ossec/${STATE}`, { mode: 0o777 });
  host.volume.chmodSync(`/var/ossec/${STATE}`, 0o777);
  await expect(journalIn(host.files()).append(entry)).rejects.toMatchObject({ kind: 'bad-state' });
});
