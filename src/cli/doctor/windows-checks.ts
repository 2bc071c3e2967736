import { actionsCheck } from './actions.ts';
import { agentCheck } from './agent.ts';
import type { Check } from './finding.ts';
import { homeCheck } from './home.ts';
import { logCheck } from './log.ts';
import { stateCheck } from './state.ts';
import { windowsFirewallCheck } from './windows-firewall.ts';
import { windowsLeftoversCheck } from './windows-leftovers.ts';
import { windowsProgramsCheck } from './windows-programs.ts';
import { windowsRightsCheck } from './windows-rights.ts';
import { windowsServiceCheck } from './windows-service.ts';
import { windowsToolsCheck } from './windows-tools.ts';

/** All checks on Windows, in the order of the report. */
export const WINDOWS_CHECKS: readonly Check[] = [
  actionsCheck,
  windowsToolsCheck,
  windowsRightsCheck,
  homeCheck,
  windowsProgramsCheck,
  agentCheck,
  windowsServiceCheck,
  stateCheck,
  logCheck,
  windowsFirewallCheck,
  windowsLeftoversCheck,
];
