import { actionsCheck } from './actions.ts';
import { agentCheck } from './agent.ts';
import { confinementCheck } from './confinement.ts';
import type { Check } from './finding.ts';
import { firewallCheck } from './firewall.ts';
import { homeCheck } from './home.ts';
import { leftoversCheck } from './leftovers.ts';
import { logCheck } from './log.ts';
import { programsCheck } from './programs.ts';
import { rightsCheck } from './rights.ts';
import { stateCheck } from './state.ts';
import { toolsCheck } from './tools.ts';
import { wrappersCheck } from './wrappers.ts';

/** All checks on Linux and its kin, in the order of the report. */
export const UNIX_CHECKS: readonly Check[] = [
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
