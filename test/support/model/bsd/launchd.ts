import type { Command, Completed } from '../../../../src/lib/effect.ts';

/** All of it, as plain data. */
export interface LaunchdState {
  /** The labels of what is loaded into the domain of the system. */
  loaded: string[];
  /** What was started anew, oldest first. */
  kicked: string[];
}

/** The services of one Mac, behind `launchctl`. */
export class Launchd {
  readonly state: LaunchdState;

  constructor(state?: LaunchdState) {
    this.state = state ?? { loaded: [], kicked: [] };
  }

  /** `started` hears what is started anew. */
  run({ args }: Pick<Command, 'args'>, started: (label: string) => void = () => {}): Completed {
    const words = args.join(' ');
    const plist = /^bootstrap system \/Library\/LaunchDaemons\/([\w.-]+)\.plist$/.exec(words)?.[1];
    if (plist !== undefined) {
      this.state.loaded.push(plist);
      return { exitCode: 0, stdout: '', stderr: '' };
    }
    const [, verb, label = ''] = /^(print|kickstart -k) system\/([\w.-]+)$/.exec(words) ?? [];
    if (verb === undefined) {
      return { exitCode: 64, stdout: '', stderr: 'Unrecognized target specifier.\n' };
    }
    if (!this.state.loaded.includes(label)) {
      const stderr = `Could not find service "${label}" in domain for system\n`;
      return { exitCode: 113, stdout: '', stderr };
    }
    if (verb === 'print') {
      const stdout = `system/${label} = {\n\tactive count = 1\n\tstate = running\n}\n`;
      return { exitCode: 0, stdout, stderr: '' };
    }
    this.state.kicked.push(label);
    started(label);
    return { exitCode: 0, stdout: '', stderr: '' };
  }

  listing(): string {
    return this.state.kicked.map((label) => `launchd started ${label}\n`).join('');
  }
}
