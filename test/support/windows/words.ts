/** What the tests ask of the agent inside wine; bytes are in base 64. */
export type Asked = { readonly id: number } & (
  | {
      readonly ask: 'spawn';
      readonly file: string;
      readonly args: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly ask: 'write'; readonly bytes: string }
  | { readonly ask: 'end' }
  | { readonly ask: 'kill' }
);

/** What it tells of a program. */
export type Told = { readonly id: number } & (
  | { readonly tell: 'out' | 'err'; readonly bytes: string }
  | { readonly tell: 'failed'; readonly message: string }
  | { readonly tell: 'ended'; readonly code: number | null }
);
