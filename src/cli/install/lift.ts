import { isDeed } from '../../lib/action.ts';
import { execute } from '../../lib/execute.ts';
import type { Host } from '../../lib/host.ts';
import { ActionError, exitCode } from '../../lib/outcome.ts';
import type { Collection } from '../../lib/person.ts';
import { LIMIT, STATE } from '../../lib/ports.ts';
import { candidates } from '../../lib/protocol.ts';
import { anew } from './anew.ts';

/** A record's name: the target, whose it is, and by what it was done. */
const RECORD = /^([^@=]+)@([^@]+)@[^@]+$/;

/**
 * Undoes every block, whoever holds it, and removes what blocks stood on. Resolves to sentences about
 * what was done; throws where something may still hold.
 */
export async function liftEverything(
  host: Host,
  collection: Collection,
): Promise<readonly string[]> {
  const lifted: string[] = [];
  const left: string[] = [];
  for (const { load } of collection.actions) {
    const action = (await load()).default;
    const [field] = Object.values(action.fields);
    if (isDeed(action) || !field) continue;
    for (const name of await host.files.list(`${STATE}/held/${action.name}`)) {
      const [, encoded, holder] = RECORD.exec(name) ?? [];
      if (encoded === undefined || holder === undefined) continue;
      const target = decodeURIComponent(encoded);
      const request = deletion(target, (subject) => subject === field.subject);
      const call = { request, program: holder, holder };
      const { outcome, detail } = await execute(action, call, anew(host));
      (exitCode(outcome) === 0 ? lifted : left).push(detail);
    }
  }
  if (left.length > 0) {
    const help = 'see to it and call again, or say --keep-blocks';
    throw new ActionError('partial', `not all blocks could be undone: ${left.join('; ')}; ${help}`);
  }
  return [...lifted, ...(await dropTable(host))];
}

const deletion = (target: string, isMeant: (subject: string) => boolean) => ({
  dialect: 'manual' as const,
  verb: 'delete' as const,
  raw: `delete ${target} by riposte uninstall`,
  candidates: candidates((subject) =>
    isMeant(subject) ? [{ path: 'the record', text: target }] : [],
  ),
  complaint: () => 'Nothing was done',
  extra: [],
  schedule: { kind: 'open' as const },
  alert: undefined,
  rule: undefined,
});

/** Blocks of nft are on no record: the table is theirs alone. */
async function dropTable({ runner }: Host): Promise<readonly string[]> {
  if ((await runner.locate('nft')) === undefined) return [];
  const words = ['delete', 'table', 'inet', 'riposte'];
  const { exitCode: code, stderr } = await runner.run({ tool: 'nft', args: words }, LIMIT.tool);
  if (code === 0) return ['all addresses in nft table inet riposte are free again'];
  // Without the right to look there is no telling; so it is said.
  if (stderr.includes('No such file or directory')) return [];
  throw new ActionError('tool-failed', `nft ${words.join(' ')}: ${stderr.trim().split('\n')[0]}`);
}
