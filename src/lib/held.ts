import type { Action } from './action.ts';
import { type Block, block, type Standing } from './block.ts';
import { type Asked, circumstanceOf, type Done } from './call.ts';
import { choose } from './choice.ts';
import { converse } from './dialogue.ts';
import { type Backend, enforces } from './effect.ts';
import { expiryOf, isEndless } from './expiry.ts';
import type { Host } from './host.ts';
import { wordsOf } from './options.ts';
import { asActionError } from './outcome.ts';
import { ask } from './perform.ts';
import { MANUAL } from './request.ts';
import { unblock } from './unblock.ts';
import { targetOf, textsOf } from './values.ts';

/** Makes the block hold, then tells the agent. */
export async function add(action: Action, call: Asked, host: Host): Promise<Done> {
  const { request, program, agent, options, values } = call;
  const expiry = await expiryOf(request, program, async () => ({
    arConf: await host.files.read(host.layout.arConf, 1 << 20),
    ossecConf: await host.files.read(host.layout.ossecConf, 1 << 22),
  }));
  const circumstance = circumstanceOf(call, expiry, host);
  const backends = choose(action.backends(values, circumstance), options, request);
  const now = host.clock.now();
  const until = endOf(now, expiry);

  const who = blockOf(action, call, { expiry, until, now });
  const standing = await block(who, backends, host);
  const { backend, fresh } = standing;
  const told = () => host.log.honoured(request);
  const untold = async () =>
    (await standing.withdraw()) ?? (fresh ? 'it was taken back' : 'it held before');
  const keys = action.keys(values);
  const answer =
    agent && (await converse({ agent, program, keys, known: wordsOf(action), told, untold }, host));
  if (!agent) await told();

  const unanswered = answer === 'unanswered';
  const unrecorded = await settled(standing);
  const besides = await afterwards(backend, host);
  const enforced = enforces(backend, expiry);
  const caveat = caveatOf(backend);
  const said = [
    `${who.target} ${action.states.held} (${backend.name})`,
    ...(caveat === undefined ? [] : [caveat]),
    ...(besides.said === undefined ? [] : [besides.said]),
    ...(unrecorded === undefined ? [] : [unrecorded]),
    ...(unanswered ? ['but the agent did not answer the keys'] : []),
  ];
  return {
    outcome: unanswered ? 'unanswered' : besides.failed ? 'partial' : fresh ? 'applied' : 'already',
    backend: backend.name,
    ...(enforced && until !== undefined && { until }),
    ...(answer !== undefined && !unanswered && { answer }),
    detail: said.join(', '),
  };
}

const caveatOf = ({ caveat }: Backend): string | undefined =>
  typeof caveat === 'function' ? caveat() : caveat;

/** What the marks and the record of a block say. */
function blockOf(
  action: Action,
  { request, holder, values, options }: Asked,
  { expiry, until, now }: { expiry: number | undefined; until: string | undefined; now: Date },
): Block {
  const { alert, rule, reason } = request;
  const shown = Object.entries(options).filter(([name]) => !action.options[name]?.settings);
  return {
    action: action.name,
    holder,
    target: targetOf(action, values),
    until,
    ...(expiry !== undefined && { expiry }),
    ...(isEndless(request) && { endless: true }),
    since: now.toISOString(),
    fields: textsOf(action, values),
    options: Object.fromEntries(shown),
    ...(alert !== undefined && { alert }),
    ...(rule !== undefined && { rule }),
    ...(reason !== undefined && { reason }),
  };
}

/** Puts on record that the block holds; half a sentence where that failed. */
async function settled(standing: Standing): Promise<string | undefined> {
  try {
    await standing.settle();
    return undefined;
  } catch (thrown) {
    return `but it was not recorded (${asActionError(thrown).message})`;
  }
}

/** Does what is to be done besides. A failure is told; the block stands. */
async function afterwards(
  { afterwards: step }: Backend,
  host: Host,
): Promise<{ readonly said?: string; readonly failed?: true }> {
  if (!step) return {};
  try {
    return { said: await ask(step, host) };
  } catch (thrown) {
    return { said: `but ${asActionError(thrown).message}`, failed: true };
  }
}

// The last moment that a date can express.
const LAST = 8.64e15;

/** When the expiry is over, ISO 8601; nothing for never. */
const endOf = (now: Date, expiry: number | undefined): string | undefined =>
  expiry === undefined
    ? undefined
    : new Date(Math.min(now.getTime() + expiry * 1000, LAST)).toISOString();

/** Undoes what this holder has made. */
export async function remove(action: Action, call: Asked, host: Host): Promise<Done> {
  const { request, holder, values } = call;
  const circumstance = circumstanceOf(call, undefined, host);
  const target = targetOf(action, values);
  const who = { action: action.name, holder, target };
  const { removed, shared } = await unblock(who, action.backends(values, circumstance), host);
  await host.log.honoured(request);
  if (removed.length === 0) {
    const whose = holder === MANUAL ? 'done by hand' : `of ${holder}`;
    return { outcome: 'absent', detail: `${target}: there is nothing ${whose} to undo` };
  }
  const backend = removed.join(' ');
  const { held, lifted } = action.states;
  const now = shared ? `${held} still, for others` : lifted;
  return { outcome: 'removed', backend, detail: `${target} ${now} (${backend})` };
}
