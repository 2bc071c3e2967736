import type { Action, Circumstance } from './action.ts';
import { block, type Held, unblock, withdraw } from './block.ts';
import type { Backend } from './effect.ts';
import { expiryOf } from './expiry.ts';
import type { Target } from './fields.ts';
import { type Agent, DEADLINE, type Host } from './host.ts';
import type { Result } from './log.ts';
import { protection } from './neverblock.ts';
import { understand } from './options.ts';
import { ActionError, asActionError, exitCode } from './outcome.ts';
import { checkKeys, parseReply } from './protocol.ts';
import type { Candidate, Request } from './request.ts';

/** One call of an action. */
export interface Call {
  readonly request: Request;
  /** The program's name as the agent calls it. */
  readonly program: string;
  /** Whose block it is. */
  readonly holder: string;
  /** Options given by hand; an agent's come in the request. */
  readonly options?: Readonly<Record<string, string>>;
  /** The agent that waits for the keys; nobody does on a delete, for old agents or by hand. */
  readonly agent?: Agent;
}

type Values = Readonly<Record<string, Target>>;

/** One run from request to outcome. Never throws; the log and the journal know when it returns. */
export async function execute(action: Action, call: Call, host: Host): Promise<Result> {
  const { request, holder } = call;
  const known: Omit<Result, 'outcome' | 'detail'> = {
    action: action.name,
    holder,
    verb: request.verb,
    ...(request.alert !== undefined && { alert: request.alert }),
    ...(request.rule !== undefined && { rule: request.rule }),
  };
  let result: Result;
  try {
    result = { ...known, ...(await attempt(action, call, host)) };
  } catch (thrown) {
    const { kind, message } = asActionError(thrown);
    await host.log.say(message);
    await host.log.declined(kind === 'refused' ? 'Refused' : 'Failed', request);
    const target = named(action, request);
    result = { ...known, ...(target !== undefined && { target }), outcome: kind, detail: message };
  }
  await host.log.outcome(result);
  if (exitCode(result.outcome) === 0 && result.answer !== 'abort') await host.log.say('Ended');
  await journal(call, result, host);
  return result;
}

/** What an attempt adds to the result. */
type Done = Pick<Result, 'outcome' | 'detail'> & Partial<Result>;

async function attempt(action: Action, call: Call, host: Host): Promise<Done> {
  const { request } = call;
  const { options, ignored } = understand(action, request.extra);
  if (ignored.length > 0) {
    await host.log.say(`Ignored ${ignored.length} extra argument(s) this program does not know`);
  }
  const values = read(action, request);
  const chosen = { ...options, ...call.options };
  return request.verb === 'add'
    ? add(action, values, call, chosen, host)
    : remove(action, values, call, host);
}

/** The declared fields as values: of each field's candidates the first that is valid. */
export function read(action: Action, { candidates, complaint }: Request): Values {
  return Object.fromEntries(
    Object.entries(action.fields).map(([name, { subject, parse }]) => {
      const why: string[] = [];
      let rejected: Candidate | undefined;
      for (const candidate of candidates[subject]) {
        try {
          return [name, parse(candidate.text)];
        } catch (thrown) {
          rejected ??= candidate;
          why.push(`${candidate.path}: ${asActionError(thrown).message}`);
        }
      }
      const head = complaint(subject, rejected);
      throw new ActionError('bad-field', [head, ...why].join('; '));
    }),
  );
}

/** The name of the target for a failed run’s outcome line, where the message had a usable one. */
function named(action: Action, request: Request): string | undefined {
  try {
    return action.keys(read(action, request)).join(' ');
  } catch {
    return undefined;
  }
}

async function add(
  action: Action,
  values: Values,
  call: Call,
  options: Readonly<Record<string, string>>,
  host: Host,
): Promise<Done> {
  const { request, holder } = call;
  for (const [name, { subject }] of Object.entries(action.fields)) {
    const value = values[name];
    const why = value && protection(subject, value);
    if (why) throw new ActionError('refused', `${why}; it is never blocked`);
  }
  const keys = action.keys(values);
  const expiry = await expiryOf(request, call.program, async () => ({
    arConf: await host.files.read('etc/shared/ar.conf', 1 << 20),
    ossecConf: await host.files.read('etc/ossec.conf', 1 << 22),
  }));
  const backends = choose(
    action.backends(values, circumstance(call, expiry, host)),
    options,
    request,
  );
  const until = expiry && new Date(host.clock.now().getTime() + expiry * 1000).toISOString();
  const who = { action: action.name, holder, target: keys.join(' '), until: until || undefined };

  const held = await block(who, backends, host);
  const answer = call.agent && (await converse(call.agent, call, keys, held, host));
  if (!call.agent) await host.log.honoured(request);
  const enforced = (backends.find(({ name }) => name === held.backend)?.longest ?? 0) > 0;
  const outcome = held.made.length > 0 ? 'applied' : 'already';
  return {
    outcome: answer === 'unanswered' ? 'unanswered' : outcome,
    target: who.target,
    backend: held.backend,
    ...(until && enforced && { until }),
    ...(answer && answer !== 'unanswered' && { answer }),
    detail:
      answer === 'unanswered'
        ? `${who.target} is blocked, but the agent did not answer the keys`
        : `${who.target} is blocked (${held.backend})`,
  };
}

const circumstance = ({ holder }: Call, expiry: number | undefined, host: Host): Circumstance => ({
  holder,
  expiry,
  kernel: host.kernel,
});

/** The backends that may be tried: the one asked for, and those that can keep a person’s `--for`. */
export function choose(
  backends: readonly Backend[],
  { backend }: Readonly<Record<string, string>>,
  { schedule }: Request,
): readonly Backend[] {
  const asked = backends.filter(({ name }) => backend === undefined || name === backend);
  if (schedule.kind !== 'exact') return asked;
  const able = asked.filter(({ longest }) => longest >= schedule.seconds);
  if (able.length === 0) {
    const names = asked.map(({ name, longest }) => `${name} (${longest} s at most)`).join(', ');
    throw new ActionError(
      'usage',
      `no backend can end a block after ${schedule.seconds} s: ${names}`,
    );
  }
  return able;
}

/** Gives the agent the keys and hears its answer. A block it cannot know of is taken back. */
async function converse(
  agent: Agent,
  { request, program }: Call,
  keys: readonly string[],
  held: Held,
  host: Host,
): Promise<'continue' | 'abort' | 'unanswered'> {
  const line = checkKeys(program, keys);
  if (!(await agent.tell(line))) {
    const kept = await withdraw(held, host);
    const left =
      held.made.length > 0 ? (kept ?? 'the block was taken back') : 'the block was there before';
    throw new ActionError(
      'undelivered',
      `the agent closed its end before it had the keys; ${left}`,
    );
  }
  await host.log.honoured(request);
  await host.log.say(line);
  const left = Math.max(0, DEADLINE.run - host.clock.elapsed());
  const heard = await agent.hear(Math.min(DEADLINE.reply, left));
  if (typeof heard === 'string') {
    await host.log.say(`Cannot read input from stdin: ${heard} instead of the agent's answer`);
    return 'unanswered';
  }
  try {
    const reply = parseReply(heard.line);
    await host.log.answered(request, heard.line);
    if (reply === 'abort') await host.log.say('Aborted');
    return reply;
  } catch (thrown) {
    await host.log.say(asActionError(thrown).message);
    return 'unanswered';
  }
}

async function remove(action: Action, values: Values, call: Call, host: Host): Promise<Done> {
  const { request, holder } = call;
  const backends = action.backends(values, circumstance(call, undefined, host));
  const target = action.keys(values).join(' ');
  const who = { action: action.name, holder, target, until: undefined };
  const removed = await unblock(who, backends, host);
  await host.log.honoured(request);
  if (removed.length === 0) {
    const nobody =
      holder === 'manual' ? 'nobody had blocked it by hand' : `${holder} had not blocked it`;
    return { outcome: 'absent', target, detail: `${target}: ${nobody}` };
  }
  const backend = removed.join(' ');
  return {
    outcome: 'removed',
    target,
    backend,
    detail: `${target} is no longer blocked (${backend})`,
  };
}

/** Explains the run to whoever asks later. A journal that cannot be written changes no outcome. */
async function journal({ request }: Call, result: Result, host: Host): Promise<void> {
  const { action, holder, outcome, target, backend, until, alert, rule } = result;
  try {
    await host.journal.append({
      at: host.clock.now().toISOString(),
      action,
      holder,
      verb: request.verb,
      outcome,
      ...(target !== undefined && { target }),
      ...(backend !== undefined && { backend }),
      ...(until !== undefined && { until }),
      ...(alert !== undefined && { alert }),
      ...(rule !== undefined && { rule }),
      ...(request.reason !== undefined && { reason: request.reason }),
    });
  } catch (thrown) {
    await host.log.say(`The journal was not written: ${asActionError(thrown).message}`);
  }
}
