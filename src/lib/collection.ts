import type { Response } from './action.ts';
import type { Collection } from './person.ts';

/** Every action that the program has, by each of its names. */
export async function actionsOf({
  actions,
}: Pick<Collection, 'actions'>): Promise<ReadonlyMap<string, Response>> {
  const loaded = await Promise.all(
    actions.map(async ({ names, load }) => {
      const action = (await load()).default;
      return names.map((name) => [name, action] as const);
    }),
  );
  return new Map(loaded.flat());
}
