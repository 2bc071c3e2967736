import { BSD_LIKE } from '../../lib/node/system.ts';
import { bad, type Check, type Finding, good } from './finding.ts';
import type { Scene } from './scene.ts';

/** Who asks, and of which kernel. */
export interface RightsFacts {
  readonly uid: number;
  /** Whether we may change the network's rules; nothing where that is not known. */
  readonly netAdmin: boolean | undefined;
  readonly kernel: readonly [major: number, minor: number];
}

/** Whether the programs, run as this user, could do what they are for. */
export function judgeRights({ uid, netAdmin, kernel: [major, minor] }: RightsFacts): Finding[] {
  const older = (m: number, n: number) => major < m || (major === m && minor < n);
  const found: Finding[] = [];
  if (uid !== 0) {
    const text = `run as user ${uid}: what root would find is not known`;
    found.push(bad(text, 'run it with sudo'));
  } else if (netAdmin === false) {
    const text = 'root may not change the firewall here: the capability NET_ADMIN is missing';
    found.push(
      bad(text, 'give it to the container (--cap-add NET_ADMIN), or run on the host itself'),
    );
  } else {
    found.push(good('run as root'));
  }
  // What follows is of Linux.
  if (BSD_LIKE) return found;
  const release = `kernel ${major}.${minor}`;
  if (older(5, 7)) found.push(good(`${release}: nft counts no packets for each address`));
  else if (older(6, 12))
    found.push(good(`${release}: nft renews a block by taking it out and in again`));
  return found;
}

const factsOf = ({ uid, netAdmin, host }: Scene): RightsFacts => ({
  uid,
  netAdmin,
  kernel: host.kernel,
});

/** Root, and what the kernel lets it do. */
export const rightsCheck: Check = {
  name: 'rights',
  title: 'Rights',
  run: async (scene) => judgeRights(factsOf(scene)),
};
