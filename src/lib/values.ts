import type { Response } from './action.ts';
import type { Field, Subject, Target } from './fields.ts';
import { ActionError, asActionError } from './outcome.ts';
import type { Candidate, Request } from './request.ts';

/** The values behind an action's declared fields. */
export type FieldValues = Readonly<Record<string, Target>>;

/** Reads the declared fields: of each field's candidates the first that is valid. */
export function read(action: Pick<Response, 'fields'>, request: Request): FieldValues {
  return Object.fromEntries(
    Object.entries(action.fields).flatMap(([name, field]) => {
      const { subject, parse, optional } = field;
      const candidates = candidatesOf(field, request);
      if (optional && candidates.length === 0) return [];
      const why: string[] = [];
      let rejected: Candidate | undefined;
      for (const candidate of candidates) {
        try {
          return [[name, parse(candidate.text)]];
        } catch (thrown) {
          rejected ??= candidate;
          why.push(`${candidate.path}: ${asActionError(thrown).message}`);
        }
      }
      const head = request.complaint(subject, rejected);
      throw new ActionError('bad-field', [head, ...why].join('; '));
    }),
  );
}

/** What may be meant, best first. */
function candidatesOf(
  { subject, also }: Pick<Field, 'subject' | 'also'>,
  { candidates, dialect, document }: Request,
): readonly Candidate[] {
  const more = (also?.[dialect] ?? []).flatMap((path) => {
    const text = document?.at(path);
    return typeof text === 'string' ? [{ path, text }] : [];
  });
  return [...candidates[subject], ...more];
}

/** The texts of the values, by what the fields are; they can be read again as a message's can. */
export const textsOf = (
  { fields }: Pick<Response, 'fields'>,
  values: FieldValues,
): Readonly<Partial<Record<Subject, string>>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { subject }]) => {
      const value = values[name];
      return value ? [[subject, value.text]] : [];
    }),
  );

/** What a run is about, in one text: the name of records and of the outcome line's target. */
export const targetOf = (response: Response, values: FieldValues): string =>
  ('target' in response ? response.target?.(values) : undefined) ??
  response.keys?.(values).join(' ') ??
  '';
