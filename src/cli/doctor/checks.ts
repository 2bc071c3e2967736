import { BSD_LIKE, ON_WINDOWS } from '../../lib/node/system.ts';
import { asActionError } from '../../lib/outcome.ts';
import { BSD_CHECKS } from './bsd-checks.ts';
import { bad, type Check, type Found } from './finding.ts';
import type { Scene } from './scene.ts';
import { UNIX_CHECKS } from './unix-checks.ts';
import { WINDOWS_CHECKS } from './windows-checks.ts';

/** All checks of this system, in the order of the report. */
export const CHECKS: readonly Check[] = ON_WINDOWS
  ? WINDOWS_CHECKS
  : BSD_LIKE
    ? BSD_CHECKS
    : UNIX_CHECKS;

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
