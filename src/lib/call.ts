import type { Circumstance } from './action.ts';
import type { Host } from './host.ts';
import type { Result } from './log.ts';
import type { Options } from './options.ts';
import type { Agent } from './ports.ts';
import type { Request } from './request.ts';
import type { FieldValues } from './values.ts';

/** One call of an action. */
export interface Call {
  readonly request: Request;
  /** The program's name as the agent calls it. */
  readonly program: string;
  /** Whose block it is. */
  readonly holder: string;
  /** Options given by hand; an agent's come in the request. */
  readonly options?: Options;
  /** Whether a person wants a protected target to be touched; no agent can say so. */
  readonly force?: boolean;
  /** The agent that waits for the keys; nobody does on a delete, for old agents or by hand. */
  readonly agent?: Agent;
}

/** A call whose message was read. */
export interface Asked extends Call {
  readonly values: FieldValues;
  /** All options: root's settings, the message's, and those given by hand. */
  readonly options: Options;
}

/** What an attempt adds to the result. */
export type Done = Pick<Result, 'outcome' | 'detail'> & Partial<Result>;

/** What the effects of a call may depend on besides its target. */
export const circumstanceOf = (
  { request, holder, options }: Pick<Asked, 'request' | 'holder' | 'options'>,
  expiry: number | undefined,
  { kernel, system, home }: Pick<Host, 'kernel' | 'system' | 'home'>,
): Circumstance => ({ holder, expiry, options, system, kernel, home, message: request });
