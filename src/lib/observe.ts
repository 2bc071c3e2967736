import { type Action, type Deed, isDeed, type Response } from './action.ts';
import { type Asked, circumstanceOf, type Done } from './call.ts';
import { choose } from './choice.ts';
import { converse } from './dialogue.ts';
import type { Backend } from './effect.ts';
import type { Host } from './host.ts';
import { remembers, spare } from './memory.ts';
import { wordsOf } from './options.ts';
import { asActionError } from './outcome.ts';
import { ask, demandTools, mayTryNext } from './perform.ts';
import { isNext, type Refusal, summed } from './refusal.ts';
import { targetOf } from './values.ts';

/**
 * An add with everything but its effect, for a staged roll-out: what would refuse it refuses it, and
 * the agent is given its keys, so that it goes on as it would. Nothing is put on record.
 */
export async function observe(response: Response, call: Asked, host: Host): Promise<Done> {
  const { request, program, agent, values } = call;
  const backend = isDeed(response)
    ? await looked(response, call, host)
    : await able(response, call, host);
  const told = () => host.log.declined('Observed', request);
  const untold = async () => 'nothing was done';
  const keys = response.keys?.(values);
  const answer =
    agent &&
    keys &&
    (await converse({ agent, program, keys, known: wordsOf(response), told, untold }, host));
  if (answer === undefined) await told();
  const target = targetOf(response, values);
  const would = `observe mode: nothing was done, but ${backend?.name ?? response.name} would have been`;
  const said = [
    target === '' ? would : `${target}: ${would}`,
    ...(answer === 'unanswered' ? ['and the agent did not answer the keys'] : []),
  ];
  return {
    outcome: 'observed',
    ...(backend && { backend: backend.name }),
    ...(answer !== undefined && answer !== 'unanswered' && { answer }),
    detail: said.join(', '),
  };
}

async function looked(deed: Deed, call: Asked, host: Host): Promise<undefined> {
  const { checks = [] } = deed.once(call.values, circumstanceOf(call, undefined, host));
  for (const step of checks) await ask(step, host);
}

/** The first backend that could do it, as far as looking tells. */
async function able(action: Action, call: Asked, host: Host): Promise<Backend> {
  const circumstance = circumstanceOf(call, undefined, host);
  const backends = action.backends(call.values, circumstance);
  const refusals: Refusal[] = [];
  for (const backend of choose(backends, call.options, call.request)) {
    if (!isNext(backend, refusals)) continue;
    try {
      await look(backend, host);
      return backend;
    } catch (thrown) {
      const error = asActionError(thrown);
      if (!mayTryNext(error)) throw error;
      refusals.push({ backend, error, onRecord: false });
    }
  }
  throw summed(refusals);
}

async function look(backend: Backend, host: Host): Promise<void> {
  await demandTools(backend, host);
  if (remembers(backend)) await spare(backend, await ask(backend.memory.look, host), host);
  for (const { ground, see } of backend.effects) {
    if (ground?.see) await ask(ground.see, host);
    if (see) await ask(see, host);
  }
}
