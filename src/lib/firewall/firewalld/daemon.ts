import type { Ask, Question } from '../../asking.ts';
import { ActionError } from '../../outcome.ts';

/** One tool by which a running firewalld can be asked and told. */
export interface Daemon {
  readonly tool: string;
  /** The zones that packets come to now: the default zone and the active ones, each once. */
  zonesInUse(ask: Ask): Promise<readonly string[]>;
  /** The rich rules of every zone there is, in use or not, in firewalld's own spelling. */
  rules(ask: Ask): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * Adds a rule for some seconds, 0 for no end. A rule that is there already keeps its end. The zone
   * is always named: firewalld forgets to stop the clock of what was added to the nameless one.
   */
  add(zone: string, rule: string, seconds: number): Question<'made' | 'present'>;
  remove(zone: string, rule: string): Question<'undone' | 'absent'>;
}

/**
 * The error where nobody can be asked. What firewalld held ends with it when it is stopped, so that
 * without a record of ours it is as good as not installed.
 */
export const notRunning = (why: string): ActionError =>
  new ActionError(
    'missing-tool',
    `firewalld is not running (${why}); start it, or let firewall-drop block`,
  );
