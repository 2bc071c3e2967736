/** Those that these files have; a test says which has its place where. */
export type Attributes = Readonly<
  Partial<Record<'name' | 'id' | 'level' | 'offset' | 'frequency' | 'timeframe', string>>
>;

/** One element: it holds either elements or text. */
export interface Element {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: readonly Element[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: Element[];
  text: string;
}

// A comment that holds "!>" would end there for a manager, whose XML is its own. It knows no entities.
const TOKEN =
  /<!--(?:(?!--|!>)[\s\S])*-->|<\/(?<close>\w+)>|<(?<open>\w+)(?<attributes>(?: \w+="[^"<&]*")*)>|(?<text>[^<&]+)/y;

/**
 * The elements of a file of decoders or rules, of which there may be several side by side. Strict:
 * throws where XML or a manager's own reader would not understand it, or not the same.
 */
export function parseXml(source: string): readonly Element[] {
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(source)?.groups;
    if (!found) throw new Error(`not understood: ${source.slice(at, at + 60)}`);
    take(open, found);
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is never closed`);
  return finished(root).children;
}

type Token = Readonly<Partial<Record<'open' | 'close' | 'attributes' | 'text', string>>>;

function take(open: Open[], token: Token): void {
  const inner = open.at(-1);
  if (!inner) throw new Error('closed too often');
  if (token.open) {
    open.push({ name: token.open, attributes: pairs(token.attributes), children: [], text: '' });
  } else if (token.close) {
    if (token.close !== inner.name) throw new Error(`<${inner.name}> closed by </${token.close}>`);
    open.pop();
    open.at(-1)?.children.push(finished(inner));
  } else if (token.text) inner.text += token.text;
}

function pairs(text = ''): Attributes {
  const all: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(\w+)="([^"]*)"/g)) {
    if (name in all) throw new Error(`${name} is there twice`);
    all[name] = value;
  }
  return all;
}

function finished(element: Open): Element {
  if (element.name !== '' && element.children.length === 0) return element;
  if (element.text.trim() !== '') throw new Error(`text between elements: ${element.text.trim()}`);
  return { ...element, text: '' };
}
