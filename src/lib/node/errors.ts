/** The system's word for what went wrong (`ENOENT`), or nothing for an error of another kind. */
export const codeOf = (thrown: unknown): string | undefined =>
  (thrown as NodeJS.ErrnoException | undefined)?.code;
