import type { Action } from './action.ts';
import { choose } from './choice.ts';
import { plan } from './dryrun.ts';
import { execute } from './execute.ts';
import type { Host } from './host.ts';
import { refuseProtected } from './neverblock.ts';
import { exitCode, type Outcome } from './outcome.ts';
import type { Manual } from './person.ts';
import { MANUAL, type Request } from './request.ts';
import { read } from './values.ts';

/** What a person sees, and what the shell gets. */
export interface Shown {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit: number;
  /** Whether it may have failed for want of rights. */
  readonly powerless?: boolean;
}

/** Runs an action for a person; `hostAt` gives the host for a home, if one was named. */
export async function byHand(
  action: Action,
  parsed: Manual,
  program: string,
  hostAt: (home: string | undefined) => Host,
): Promise<Shown> {
  if (parsed.kind === 'say') {
    return parsed.exit === 0
      ? { stdout: parsed.text, exit: 0 }
      : { stderr: parsed.text, exit: parsed.exit };
  }
  const { request, options, seconds, home, epilogue } = parsed;
  const host = hostAt(home);
  if (parsed.dryRun) {
    return { stdout: dryRun(action, request, options, seconds, host), exit: exitCode('planned') };
  }
  const result = await execute(action, { request, program, holder: MANUAL, options }, host);
  const exit = exitCode(result.outcome);
  return exit === 0
    ? { stdout: `${result.detail}${epilogue}`, exit }
    : { stderr: failure(result), exit, powerless: POWERLESS.has(result.outcome) };
}

const POWERLESS: ReadonlySet<Outcome> = new Set(['tool-failed', 'bad-state']);

/** One line about a failed run. */
export const failure = ({ outcome, detail }: { outcome: Outcome; detail: string }): string =>
  `${outcome}: ${detail}`;

function dryRun(
  action: Action,
  request: Request,
  options: Readonly<Record<string, string>>,
  expiry: number | undefined,
  { kernel }: Pick<Host, 'kernel'>,
): string {
  const values = read(action, request);
  const backends = action.backends(values, { holder: MANUAL, expiry, options, kernel });
  if (request.verb === 'delete') return plan('delete', backends);
  refuseProtected(action, values);
  return plan('add', choose(backends, options, request));
}
