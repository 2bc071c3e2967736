import { run } from '../effect.ts';
import type { Host } from '../host.ts';
import { ActionError } from '../outcome.ts';
import type { Product } from './product.ts';

const LINE = /^(?<name>\S+) (?:is running|not running)\b/;

/** Milliseconds for the question; the script itself waits ten seconds for a lock of its own. */
const PATIENCE = 15_000;

/** The programs of the product that run now, as its control script sees them. */
export async function running(
  { control }: Product,
  { installation }: Host,
): Promise<ReadonlySet<string>> {
  const { stdout } = await installation.run(run(control, 'status'), PATIENCE);
  const lines = stdout.split('\n').filter((line) => LINE.test(line));
  if (lines.length === 0) {
    const said = stdout.trim().split('\n', 3).join(' / ').slice(0, 300) || 'nothing';
    throw new ActionError('tool-failed', `${control} status tells of no program: ${said}`);
  }
  const alive = lines.filter((line) => line.includes(' is running'));
  return new Set(alive.map((line) => LINE.exec(line)?.groups?.['name'] ?? ''));
}

/** Throws `tool-failed` unless the core runs, and all that ran before. */
export async function seeRunning(
  product: Product,
  before: ReadonlySet<string>,
  host: Host,
): Promise<void> {
  const now = await running(product, host);
  const lost = [...new Set([product.core, ...before])].filter((name) => !now.has(name));
  if (lost.length === 0) return;
  const text = `it was restarted, but ${lost.join(', ')} did not come back; see logs/ossec.log`;
  throw new ActionError('tool-failed', text);
}
