import { ON_WINDOWS } from './system.ts';

/** How the name of a program and the name of its file go together. */
export interface ProgramFiles {
  /** The program's name, which is an action's or the whole's, by the name of its file. */
  readonly programOf: (file: string) => string;
  /** The name of its file, as it is installed. */
  readonly fileOf: (program: string) => string;
  /** The name of any file so that two spellings of one name are equal. */
  readonly spelled: (file: string) => string;
}

const same = (name: string): string => name;

const unix: ProgramFiles = { programOf: same, fileOf: same, spelled: same };

/** Windows tells neither cases apart nor what is with `.exe`; agents call a `netsh.cmd` by that name. */
export const WINDOWS_FILES: ProgramFiles = {
  programOf: (file) => file.replace(/\.exe$/i, '').toLowerCase(),
  fileOf: (program) => (program.endsWith('.cmd') ? program : `${program}.exe`),
  spelled: (file) => file.toLowerCase(),
};

/** Those of this system. */
export const PROGRAM_FILES: ProgramFiles = ON_WINDOWS ? WINDOWS_FILES : unix;
