import type { Decoded } from './decoding.ts';
import { osRegex } from './expression.ts';
import { type Element, parseXml } from './xml.ts';

/** What a rule says. */
export interface Rule {
  readonly id: number;
  readonly level: number;
  readonly decodedAs?: string;
  /** The ids of `if_sid`. */
  readonly parents: readonly number[];
  readonly matchedGroup?: string;
  readonly fields: readonly (readonly [name: string, expression: string])[];
  readonly options: readonly string[];
  readonly groups: readonly string[];
  readonly description: string;
}

/** The rules of a file, in its order. */
export const readRules = (source: string): readonly Rule[] =>
  parseXml(source).flatMap(({ attributes, children }) =>
    children.map((rule) => ruleOf(rule, attributes.name ?? '')),
  );

function ruleOf({ attributes, children }: Element, outer: string): Rule {
  const all = (name: string) => children.filter((each) => each.name === name);
  const texts = (name: string) => all(name).map(({ text }) => text);
  const [decodedAs, matchedGroup] = [texts('decoded_as')[0], texts('if_matched_group')[0]];
  return {
    id: Number(attributes.id),
    level: Number(attributes.level),
    ...(decodedAs && { decodedAs }),
    parents: texts('if_sid').flatMap((ids) => ids.split(/[, ]+/).map(Number)),
    ...(matchedGroup && { matchedGroup }),
    fields: all('field').map((field) => [field.attributes.name ?? '', field.text] as const),
    options: texts('options'),
    // A manager joins them as they stand, so each has to bring its comma.
    groups: `${outer}${texts('group').join('')}`.split(',').filter((group) => group !== ''),
    description: texts('description').join(''),
  };
}

/**
 * The rule that one event alone ends at: among siblings level 0 is asked first, then the highest
 * level, then the order of the file; a rule that matches hands the event to its children.
 */
export function ruleFor(rules: readonly Rule[], event: Decoded): Rule | undefined {
  const counted = rules.filter(({ matchedGroup }) => !matchedGroup);
  const below = (parent: number | undefined): Rule | undefined => {
    const siblings = counted.filter(({ parents }) =>
      parent === undefined ? parents.length === 0 : parents.includes(parent),
    );
    const found = siblings.toSorted(byLevel).find((rule) => matches(rule, event));
    return found && (below(found.id) ?? found);
  };
  return below(undefined);
}

const rank = (level: number) => (level === 0 ? 99 : level);
const byLevel = (one: Rule, other: Rule) => rank(other.level) - rank(one.level);

const matches = ({ decodedAs, fields }: Rule, { decoder, fields: values }: Decoded): boolean =>
  (!decodedAs || decodedAs === decoder) &&
  fields.every(([name, expression]) => {
    const value = values.get(name);
    return value !== undefined && osRegex(expression).test(value);
  });

/** The description as it stands in an alert: a field that is not there leaves nothing. */
export const described = ({ description }: Rule, { fields }: Decoded): string =>
  description.replace(/\$\(([^)]*)\)/g, (_, name: string) => fields.get(name) ?? '');
