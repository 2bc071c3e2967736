import { PROGRAM_FILES } from '../../lib/node/program-file.ts';

/** One line of `etc/shared/ar.conf`: what the agent calls, and for how long. */
export interface Ar {
  /** What the manager calls it: `firewall-drop600`. */
  readonly name: string;
  readonly executable: string;
  /** Seconds; not a number where it cannot be read for certain. */
  readonly timeout: number;
}

/** The lines `NAME - EXECUTABLE - SECONDS`; others are no commands. */
export const arIn = (text: string): readonly Ar[] =>
  text.split('\n').flatMap((line): Ar[] => {
    const [name = '', executable = '', seconds, ...more] = line.trim().split(' - ');
    if (seconds === undefined || more.length > 0) return [];
    const timeout = /^\d{1,9}$/.test(seconds.trim()) ? Number(seconds) : Number.NaN;
    return [{ name: name.trim(), executable: PROGRAM_FILES.spelled(executable.trim()), timeout }];
  });
