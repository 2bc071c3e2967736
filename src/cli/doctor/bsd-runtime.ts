import { ON_BSD } from '../../lib/node/system.ts';
import { type Distrusted, distrust } from '../../lib/node/trust.ts';
import { bad, type Check, type Finding, good } from './finding.ts';

/** What reads the programs where they are scripts. */
export interface RuntimeFacts {
  /** Absolute. */
  readonly path: string;
  /** As it says itself, without a letter. */
  readonly version: string;
  readonly distrusted: Distrusted | undefined;
}

const OLDEST = 22;

/** Whether the runtime is one that can read the programs, and that nobody else could change. */
export function judgeRuntime({ path, version, distrusted }: RuntimeFacts): Finding[] {
  const found: Finding[] = [];
  if (distrusted) {
    const text = `${path} reads the programs, and ${distrusted.what} ${distrusted.why}: whoever can, can become root`;
    found.push(bad(text, `chown root ${distrusted.what}; chmod go-w ${distrusted.what}`));
  }
  if (Number.parseInt(version, 10) < OLDEST) {
    const text = `${path} is node ${version}, and the programs need node ${OLDEST}`;
    return [...found, bad(text, 'install a newer one, then install Riposte again')];
  }
  return [...found, good(`the programs are read by ${path}, node ${version}`)];
}

/** The runtime that the system's packages brought. */
export const bsdRuntimeCheck: Check = {
  name: 'runtime',
  title: 'Node',
  async run({ uid }) {
    if (!ON_BSD) return [];
    const { execPath: path, versions } = process;
    return judgeRuntime({ path, version: versions.node, distrusted: distrust([path], uid) });
  },
};
