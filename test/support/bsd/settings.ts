import type { Completed } from '../../../src/lib/effect.ts';
import type { BsdSystem } from '../model/bsd/host.ts';
import type { IpfwKind } from '../model/bsd/ipfw.ts';

/** The folder of what is no part of the system that is played. */
export const STAGE = '/.double';

/** What a tool does that is out of order. */
export type Fault = 'fails' | 'hangs';

/** What doubles are told beforehand. */
export interface Settings {
  readonly system: BsdSystem;
  /** Which generation of ipfw it is, where there is one. */
  readonly ipfw: IpfwKind;
  /** Faults by tool. */
  readonly faults: Readonly<Record<string, Fault>>;
}

/** One call of a tool, and what came of it. */
export interface Call extends Partial<Completed> {
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin?: string;
}
