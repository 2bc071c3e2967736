import { readdirSync, readFileSync } from 'node:fs';
import { type DecoderFile, readDecoders } from './decoding.ts';
import { type Rule, readRules } from './rules.ts';

const FOLDER = new URL('../../../ruleset/', import.meta.url);

/** The files of one half of what is delivered, by name. */
export const filesOf = (half: 'decoders' | 'rules'): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(new URL(`${half}/`, FOLDER)).map((file) => [
      file,
      readFileSync(new URL(`${half}/${file}`, FOLDER), 'utf8'),
    ]),
  );

export const DECODER_FILES: readonly DecoderFile[] = [...filesOf('decoders')].map(
  ([file, source]) => ({ file, decoders: readDecoders(source) }),
);

export const RULES: readonly Rule[] = [...filesOf('rules').values()].flatMap(readRules);
