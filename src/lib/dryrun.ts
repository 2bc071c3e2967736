import type { Once } from './action.ts';
import { type Backend, type Effect, type Memory, type Step, spelling } from './effect.ts';
import type { Verb } from './request.ts';

/** What a deed would do, as a script with its conditions as comments. */
export const planOnce = ({ checks = [], steps }: Once): string =>
  [
    ...checks.map(spelling),
    ...(checks.length > 0 ? ['# if nothing speaks against it:'] : []),
    ...steps.map(spelling),
  ].join('\n');

/** What would be run, in order, as a script with its conditions as comments. */
export function plan(verb: Verb, backends: readonly Backend[]): string {
  return backends
    .flatMap((backend, place) => [
      ...(place > 0 ? [`# ${backend.name}, ${elsewhere(verb, backend)}:`] : [`# ${backend.name}:`]),
      ...backend.effects.flatMap((effect) => (verb === 'add' ? making(effect) : undoing(effect))),
      ...(backend.memory ? remembering(verb, backend.memory) : []),
      ...(backend.leftovers && verb === 'delete'
        ? ['# what former programs left for it:', spelling(backend.leftovers)]
        : []),
      ...(backend.afterwards && verb === 'add'
        ? ['# once it holds, besides:', spelling(backend.afterwards)]
        : []),
    ])
    .join('\n');
}

const elsewhere = (verb: Verb, { onlyAfter }: Backend) =>
  verb === 'add'
    ? onlyAfter === undefined
      ? 'only if the ones before cannot'
      : `only if the ones before end as ${onlyAfter}`
    : 'only if nothing was found before, or on record';

function making({ ground, see, make, renew }: Effect): string[] {
  const way = ground?.ways[0] ?? [];
  return [
    ...(ground?.see ? [spelling(ground.see), ...when('that says no', way)] : []),
    ...(see ? [spelling(see), ...when('that says no', [make])] : [spelling(make)]),
    ...(ground && !ground.see ? when('it is not set up yet, or was damaged', way) : []),
    ...(renew ? when('it is blocked already, to renew its expiry', [renew]) : []),
  ];
}

function undoing({ see, undo }: Effect): string[] {
  return see ? [spelling(see), ...when('that says yes', [undo])] : [spelling(undo)];
}

const remembering = (verb: Verb, { look, spare, make, restore, usual }: Memory): string[] =>
  verb === 'add'
    ? [
        spelling(look),
        ...when('that says it does not hold yet', [
          ...(spare ? [spare] : []),
          ...make(usual.former),
        ]),
      ]
    : [
        '# only if it is on record, and nobody else holds it:',
        spelling(look),
        '# then, for what was there before, say:',
        ...restore(usual.former, usual.made).map(spelling),
      ];

const when = (condition: string, steps: readonly Step<string>[]): string[] =>
  steps.length > 0 ? [`# if ${condition}:`, ...steps.map(spelling)] : [];
