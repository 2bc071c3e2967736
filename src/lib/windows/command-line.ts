import type { Command } from '../effect.ts';

// What neither the usual reading of a command line nor cmd.exe takes for more than itself.
const PLAIN = /^[A-Za-z0-9_@+=:,./\\-]+$/;

/**
 * A word as every program of Windows that follows the rules of `CommandLineToArgvW` gets it back: the
 * rules by which node starts processes. For people; nothing is ever started from such a text.
 */
export function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  // Backslashes mean themselves, unless a quotation mark follows them.
  const inside = word.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&');
  return `"${inside}"`;
}

/** The words as one command line. */
export const commandLine = (...words: readonly string[]): string => words.map(quoted).join(' ');

/** A command of Windows, from words. */
export const windows = (tool: string, ...args: string[]): Command => ({
  tool,
  args,
  spelled: commandLine(tool, ...args),
});
