import type { Backend } from './effect.ts';
import { ActionError } from './outcome.ts';

/**
 * What a program that upstream installs on every system has on one where it cannot do its work: an add
 * says why and what to do instead, a delete finds nothing.
 */
export function unable(name: string, why: string): Backend {
  const decline = async (): Promise<never> => {
    throw new ActionError('missing-tool', why);
  };
  return {
    name,
    unable: why,
    longest: 0,
    record: false,
    effects: [
      {
        what: 'nothing',
        ground: { what: name, see: { spelled: `# ${why}`, act: decline }, ways: [] },
        make: { spelled: '# nothing', act: decline },
        undo: { spelled: '# nothing: it was never made', act: async () => 'absent' },
      },
    ],
  };
}
