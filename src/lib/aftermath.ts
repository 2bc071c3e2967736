import type { Host } from './host.ts';
import { asActionError } from './outcome.ts';

/**
 * What is done when the agent has its answer and the run its outcome, within a few seconds. Nothing of
 * it changes that outcome; what goes wrong stands in the log. Never throws.
 */
export async function aftermath({ names, log }: Pick<Host, 'names' | 'log'>): Promise<void> {
  try {
    await names.refresh();
  } catch (thrown) {
    await log.say(`Names were not resolved: ${asActionError(thrown).message}`);
  }
}
