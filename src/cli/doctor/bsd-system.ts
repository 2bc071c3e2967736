import type { System } from './system.ts';
import { UNIX } from './unix-system.ts';

/** macOS and the BSDs. */
export const BSD: System = {
  ...UNIX,
  // What their filters lack each action finds out for itself, and says.
  questions: {},
  network: new Set(),
  noWay: 'see the page of the action: docs/firewall-drop.md, docs/route-null.md',
  locked: (path) => `run it as root; if it is root, see ls -lo ${path}`,
};
