import { isDeed, type Response } from './action.ts';
import { circumstanceOf } from './call.ts';
import { choose } from './choice.ts';
import { plan, planOnce } from './dryrun.ts';
import { execute, settingsOf } from './execute.ts';
import type { Host } from './host.ts';
import { refuseProtected } from './neverblock.ts';
import { exitCode, type Outcome } from './outcome.ts';
import type { Manual } from './person.ts';
import { policyOf } from './policy.ts';
import { MANUAL } from './request.ts';
import { oneLine } from './text.ts';
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
  action: Response,
  parsed: Manual,
  program: string,
  hostAt: (home: string | undefined) => Host,
): Promise<Shown> {
  if (parsed.kind === 'say') {
    return parsed.exit === 0
      ? { stdout: parsed.text, exit: 0 }
      : { stderr: parsed.text, exit: parsed.exit };
  }
  const { request, options, home, epilogue, force } = parsed;
  const host = hostAt(home);
  if (parsed.dryRun) {
    const stdout = await dryRun(action, parsed, host);
    return { stdout, exit: exitCode('planned') };
  }
  const result = await execute(action, { request, program, holder: MANUAL, options, force }, host);
  const exit = exitCode(result.outcome);
  return exit === 0
    ? { stdout: `${oneLine(result.detail)}${epilogue}`, exit }
    : { stderr: failure(result), exit, powerless: POWERLESS.has(result.outcome) };
}

const POWERLESS: ReadonlySet<Outcome> = new Set(['tool-failed', 'bad-state']);

/** One line about how a run ended. */
export const failure = ({ outcome, detail }: { outcome: Outcome; detail: string }): string =>
  oneLine(`${outcome}: ${detail}`);

async function dryRun(
  action: Response,
  { request, options: given, seconds, force }: Extract<Manual, { kind: 'run' }>,
  host: Host,
): Promise<string> {
  const values = read(action, request);
  const undoing = request.verb === 'delete';
  if (!undoing && !force) await refuseProtected(action, values, await policyOf(host), host);
  const options = { ...(await settingsOf(action, request, host)), ...given };
  const circumstance = circumstanceOf({ request, holder: MANUAL, options }, seconds, host);
  if (isDeed(action)) {
    return undoing ? '# a delete does nothing here' : planOnce(action.once(values, circumstance));
  }
  const backends = action.backends(values, circumstance);
  return undoing ? plan('delete', backends) : plan('add', choose(backends, options, request));
}
