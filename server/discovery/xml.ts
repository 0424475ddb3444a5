/**
 * Reads a small XML document from a stranger into plain elements: the only file that knows saxes.
 *
 * Decision: a strict parser, and less than XML. A document type ends the reading at its first letters, so there
 * is nothing to declare an entity with, and one that XML itself does not know is an error: no entity ever grows.
 * Depth and number of elements have a limit; the length is limited where the document is fetched.
 */
import { SaxesParser } from 'saxes';

export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  /** All text directly within, trimmed. */
  text: string;
}

const DEPTH = 20;
const ELEMENTS = 2_000;

/** The root element. Throws an Error for anything that is not well-formed, has a DTD, or is past a limit. */
export function readXml(text: string): Element {
  const parser = new SaxesParser({ position: false, xmlns: false });
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  let count = 0;
  const fail = (why: string) => {
    throw new Error(`not XML that is read here: ${why}`);
  };
  // The parser goes on after an error unless its handler throws.
  parser.on('error', (error) => fail(error.message));
  parser.on('doctype', () => fail('it has a document type'));
  parser.on('opentag', ({ name, attributes }) => {
    count += 1;
    if (open.length > DEPTH) fail(`it is deeper than ${DEPTH} elements`);
    if (count > ELEMENTS) fail(`it has more than ${ELEMENTS} elements`);
    const element: Element = { name, attributes: { ...attributes }, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  const addText = (more: string) => {
    const element = open.at(-1);
    if (element) element.text += more;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element) element.text = element.text.trim();
  });
  // saxes reports a document type only at its end; until then it would gather it.
  if (/<!DOCTYPE/i.test(text)) fail('it has a document type');
  parser.write(text.replace(/^\uFEFF/, '')).close();
  return root.children[0] ?? fail('it is empty');
}
