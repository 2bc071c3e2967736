import type { Scene } from './scene.ts';

/** Whether an operator has to do something: not at all, perhaps, or before the host is ready. */
export type Status = 'good' | 'warning' | 'bad';

/** One thing that was found out. */
export interface Finding {
  readonly status: Status;
  /** The action, tool or program that it is about, where it is about one. */
  readonly about?: string;
  /** What was found, as a sentence or half of one, without its full stop. */
  readonly what: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A finding with the name of the check that found it. */
export interface Found extends Finding {
  readonly check: string;
}

/** One question to the host, apart from all the others. */
export interface Check {
  /** In a word, for machines. */
  readonly name: string;
  /** For people, above its findings. */
  readonly title: string;
  readonly run: (scene: Scene) => Promise<readonly Finding[]>;
}

/** Nothing has to be done. */
export const good = (what: string, about?: string): Finding => finding('good', what, about);

/** It may be meant that way; an operator should know. */
export const warning = (what: string, fix?: string, about?: string): Finding =>
  finding('warning', what, about, fix);

/** The host is not ready until it is mended. */
export const bad = (what: string, fix?: string, about?: string): Finding =>
  finding('bad', what, about, fix);

const finding = (status: Status, what: string, about?: string, fix?: string): Finding => ({
  status,
  ...(about !== undefined && { about }),
  what,
  ...(fix !== undefined && { fix }),
});

/** Two halves of an error's message: what is the matter, and what to do about it. */
export function halves(message: string): { readonly what: string; readonly fix?: string } {
  const end = message.lastIndexOf('; ');
  if (end < 0) return { what: message };
  return { what: message.slice(0, end), fix: message.slice(end + 2) };
}

/** As many names as one can take in at a glance. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
