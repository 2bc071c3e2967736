import { actionsCheck } from './actions.ts';
import { agentCheck } from './agent.ts';
import { bsdRuntimeCheck } from './bsd-runtime.ts';
import type { Check } from './finding.ts';
import { homeCheck } from './home.ts';
import { leftoversCheck } from './leftovers.ts';
import { logCheck } from './log.ts';
import { programsCheck } from './programs.ts';
import { rightsCheck } from './rights.ts';
import { stateCheck } from './state.ts';
import { toolsCheck } from './tools.ts';

/** All checks on macOS and the BSDs, in the order of the report. */
export const BSD_CHECKS: readonly Check[] = [
  actionsCheck,
  toolsCheck,
  bsdRuntimeCheck,
  rightsCheck,
  homeCheck,
  programsCheck,
  agentCheck,
  stateCheck,
  logCheck,
  leftoversCheck,
];
