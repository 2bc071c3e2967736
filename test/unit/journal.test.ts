import { expect, test } from 'vitest';
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
  await expect(journal.append(entry)).resolves.toBeUndefined();
});

test('a folder that cannot be trusted is refused', async () => {
  const host = new ModelHost();
  host.volume.mkdirSync(`/var/ossec/${STATE}`, { mode: 0o777 });
  host.volume.chmodSync(`/var/ossec/${STATE}`, 0o777);
  await expect(journalIn(host.files()).append(entry)).rejects.toMatchObject({ kind: 'bad-state' });
});
