/** A build that cannot go on, told in a sentence that says what to do. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

/** The npm registry did not answer; the build itself is not to blame. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
