import type { Lifeline } from './lifelines/addresses.ts';

/** What a host lives on. */
export interface Surroundings {
  /**
   * The addresses that must stay reachable: its own, its gateways', resolvers' and manager's, as far
   * as they can be known without asking anybody. Never throws: what cannot be read is not there.
   */
  lifelines(): Promise<readonly Lifeline[]>;
  /**
   * The addresses from which root or a member of an administrators' group is logged in now. Ends
   * within a fraction of a second and never throws: what cannot be read by then is not there.
   */
  logins(): Promise<readonly Lifeline[]>;
}
