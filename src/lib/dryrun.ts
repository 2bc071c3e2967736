import { type Backend, type Command, type Effect, spell } from './effect.ts';
import type { Verb } from './request.ts';

/** What would be run, in order, as a script with its conditions as comments. */
export function plan(verb: Verb, backends: readonly Backend[]): string {
  return backends
    .flatMap((backend, place) => [
      ...(place > 0 ? [`# ${backend.name}, ${elsewhere(verb)}:`] : [`# ${backend.name}:`]),
      ...backend.effects.flatMap((effect) => (verb === 'add' ? making(effect) : undoing(effect))),
    ])
    .join('\n');
}

const elsewhere = (verb: Verb) =>
  verb === 'add'
    ? 'only if the ones before cannot'
    : 'only if nothing was found before, or on record';

function making({ ground, see, make, renew }: Effect): string[] {
  const way = ground?.ways[0]?.map(({ command }) => command) ?? [];
  return [
    ...(ground?.see ? [spell(ground.see.command)] : []),
    ...(ground?.see ? when('that says no', way) : []),
    ...(see
      ? [spell(see.command), ...when('that says no', [make.command])]
      : [spell(make.command)]),
    ...(ground && !ground.see ? when('it is not set up yet, or was damaged', way) : []),
    ...(renew ? when('it is blocked already, to renew its expiry', [renew.command]) : []),
  ];
}

function undoing({ see, undo }: Effect): string[] {
  return see
    ? [spell(see.command), ...when('that says yes', [undo.command])]
    : [spell(undo.command)];
}

const when = (condition: string, commands: readonly Command[]): string[] =>
  commands.length > 0 ? [`# if ${condition}:`, ...commands.map(spell)] : [];
