import type { Completed } from '../../../src/lib/effect.ts';
import { no, ok } from './answer.ts';

/** What ss of iproute2 6.1 and conntrack 1.4.7 say on a host with no open connection. */
export const idle = {
  ss: (): Completed => ok(),
  conntrack: (): Completed =>
    no(1, 'conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.'),
} as const;
