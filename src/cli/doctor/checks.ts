import { asActionError } from '../../lib/outcome.ts';
import { actionsCheck } from './actions.ts';
import { agentCheck } from './agent.ts';
import { confinementCheck } from './confinement.ts';
import { bad, type Check, type Found } from './finding.ts';
import { firewallCheck } from './firewall.ts';
import { homeCheck } from './home.ts';
import { leftoversCheck } from './leftovers.ts';
import { logCheck } from './log.ts';
import { programsCheck } from './programs.ts';
import { rightsCheck } from './rights.ts';
import type { Scene } from './scene.ts';
import { stateCheck } from './state.ts';
import { toolsCheck } from './tools.ts';
import { wrappersCheck } from './wrappers.ts';

/** All checks, in the order of the report. */
export const CHECKS: readonly Check[] = [
  actionsCheck,
  toolsCheck,
  rightsCheck,
  homeCheck,
  programsCheck,
  agentCheck,
  stateCheck,
  logCheck,
  firewallCheck,
  wrappersCheck,
  confinementCheck,
  leftoversCheck,
];

/** Looks at everything; a check that fails is a finding, and the others go on. */
export async function examine(scene: Scene, checks = CHECKS): Promise<readonly Found[]> {
  const findings: Found[] = [];
  for (const { name, title, run } of checks) {
    try {
      findings.push(...(await run(scene)).map((finding) => ({ check: name, ...finding })));
    } catch (thrown) {
      const text = `${title}: this could not be looked at: ${asActionError(thrown).message}`;
      findings.push({ check: name, ...bad(text, 'please report it') });
    }
  }
  return findings;
}
