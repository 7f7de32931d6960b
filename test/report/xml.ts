/** A strict reader for the tests of figures: elements, quoted attributes, entities, text; anything else is an error. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Its own text and that of all within. */
  text: string;
}

const tag = /^<(\/?)([a-z][\w-]*)((?:\s+[a-z][\w:-]*="[^"<]*")*)\s*(\/?)>/i;
const entity = /&(?:amp|lt|gt|quot|#39);/g;

function decode(text: string): string {
  if (text.replace(entity, '').includes('&')) throw new Error(`a bare & in ${text}`);
  const names: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
  return text.replace(entity, (found) => names[found]);
}

export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (let at = 0; at < source.length; ) {
    const parent = open[open.length - 1];
    if (source[at] !== '<') {
      const end = source.indexOf('<', at) === -1 ? source.length : source.indexOf('<', at);
      const text = decode(source.slice(at, end));
      for (const element of open) element.text += text;
      at = end;
      continue;
    }
    const match = tag.exec(source.slice(at));
    if (!match) throw new Error(`not a tag: ${source.slice(at, at + 60)}`);
    const [all, closing, name, attributes, empty] = match;
    at += all.length;
    if (closing) {
      if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
      open.pop();
      continue;
    }
    const pairs = [...attributes.matchAll(/([a-z][\w:-]*)="([^"]*)"/gi)].map(([, key, value]) => [key, decode(value)]);
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`<${name}> repeats an attribute`);
    const element: XmlElement = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
    parent.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('the elements do not close into one');
  return root.children[0];
}

export function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}
