import type { Ask } from '../../asking.ts';
import type { Ip } from '../../fields.ts';
import { hashOf } from '../../hash.ts';
import type { Daemon } from './daemon.ts';

/** The lowest priority that firewalld takes: its rules come before all others of a zone. */
const FIRST = -32_768;

// Each holder has two priorities of the lower half of those below zero.
const HOLDERS = 8_192;

/** The first of the two priorities that mark rules as this holder's. */
export const priorityOf = (holder: string): number => FIRST + 2 * (hashOf(holder) % HOLDERS);

/** In which zones a rule was added, and in which it was there before. */
export interface Added {
  readonly fresh: readonly string[];
  readonly there: readonly string[];
}

/** One holder's rule against one address, in whatever zones, told to firewalld by one tool. */
export class ZonedRule {
  readonly #daemon: Daemon;
  /** Seconds until firewalld itself removes it, 0 for never. */
  readonly #seconds: number;
  /** The rule that stands. */
  readonly #rule: string;
  /** The one that stands in for it while it is made anew. */
  readonly #relief: string;

  constructor(daemon: Daemon, { text, family }: Ip, holder: string, seconds: number) {
    const rule = (priority: number) =>
      `rule priority="${priority}" family="ipv${family}" source address="${text}" drop`;
    this.#daemon = daemon;
    this.#seconds = seconds;
    this.#rule = rule(priorityOf(holder));
    this.#relief = rule(priorityOf(holder) + 1);
  }

  /** The command that adds it to a zone. */
  adding(zone: string) {
    return this.#daemon.add(zone, this.#rule, this.#seconds);
  }

  /** The command that removes it from a zone. */
  removing(zone: string) {
    return this.#daemon.remove(zone, this.#rule);
  }

  /** Adds it to each of the zones, or to none: then `giveUp` is called with those to be freed. */
  async addTo(
    zones: readonly string[],
    ask: Ask,
    giveUp: (zones: readonly string[], thrown: unknown) => Promise<never>,
  ): Promise<Added> {
    const fresh: string[] = [];
    const there: string[] = [];
    try {
      for (const zone of zones) {
        ((await ask(this.adding(zone))) === 'made' ? fresh : there).push(zone);
      }
    } catch (thrown) {
      return giveUp(fresh, thrown);
    }
    return { fresh, there };
  }

  /**
   * Moves its end. firewalld cannot, and a rule that is away for a moment lets a connection open that
   * then stays; so another stands in for it meanwhile.
   */
  async renewIn(zones: readonly string[], ask: Ask): Promise<void> {
    for (const zone of zones) {
      await ask(this.#daemon.add(zone, this.#relief, this.#seconds));
      await ask(this.removing(zone));
      await ask(this.adding(zone));
      await ask(this.#daemon.remove(zone, this.#relief));
    }
  }

  /** Removes it from the zones. */
  async removeFrom(zones: readonly string[], ask: Ask): Promise<void> {
    for (const zone of zones) await ask(this.removing(zone));
  }

  /** Removes all that is there of it, also where packets no longer come. */
  async removeEverywhere(ask: Ask): Promise<'undone' | 'absent'> {
    let answer: 'undone' | 'absent' = 'absent';
    for (const [zone, rules] of await this.#daemon.rules(ask)) {
      for (const ours of [this.#rule, this.#relief].filter((rule) => rules.includes(rule))) {
        if ((await ask(this.#daemon.remove(zone, ours))) === 'undone') answer = 'undone';
      }
    }
    return answer;
  }
}
