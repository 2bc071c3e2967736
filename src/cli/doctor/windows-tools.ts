import { TOOLS } from '../../lib/node/tools.ts';
import { type Check, type Finding, good, warning } from './finding.ts';
import { usedTools } from './used-tools.ts';

// Used whatever the action: for the state folder, the service and the timer.
const ALWAYS = ['icacls', 'sc', 'schtasks'];

/** Whether the tools are where Windows has them; nothing is looked for elsewhere. */
export function judgeSystemTools(
  found: readonly string[],
  missing: readonly string[],
  folder: string,
): Finding[] {
  return [
    ...(found.length > 0 ? [good(`found in ${folder}: ${found.join(', ')}`)] : []),
    ...missing.map((tool) => {
      const text = `${tool}.exe is not in ${folder}, and is looked for nowhere else`;
      return warning(
        text,
        'not every edition of Windows has it; sfc /scannow mends what is broken',
        tool,
      );
    }),
  ];
}

/** The tools that are run. */
export const windowsToolsCheck: Check = {
  name: 'tools',
  title: 'Tools',
  async run(scene) {
    const tools = [...new Set([...(await usedTools(scene)), ...ALWAYS])].sort();
    const there = await Promise.all(tools.map((tool) => scene.host.runner.locate(tool)));
    const has = (_: string, at: number) => there[at] !== undefined;
    const lacks = (_: string, at: number) => there[at] === undefined;
    return judgeSystemTools(tools.filter(has), tools.filter(lacks), TOOLS.directory);
  },
};
