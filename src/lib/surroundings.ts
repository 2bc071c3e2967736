import type { Lifeline } from './lifelines/addresses.ts';

/** What a host lives on. */
export interface Surroundings {
  /**
   * The addresses that must stay reachable: its own, its gateways', resolvers' and manager's, as far
   * as they can be known without asking anybody. Never throws: what cannot be read is not there.
   */
  lifelines(): Promise<readonly Lifeline[]>;
}
