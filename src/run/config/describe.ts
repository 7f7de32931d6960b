/** A config as YAML with every key's meaning above it, from the schema. Pure. */
import { Document, isMap, isScalar } from 'yaml';
import { propertiesOf, type SchemaNode } from './branches.js';

export function commentedYaml(config: object, schema: SchemaNode): string {
  const document = new Document(config);
  comment(document.contents, schema, true);
  return document.toString({ lineWidth: 120 }).trimStart();
}

function comment(node: unknown, schema: SchemaNode, top: boolean): void {
  if (!isMap(node)) return;
  const properties = propertiesOf(schema, node.toJSON());
  for (const { key, value } of node.items) {
    const inner = properties[isScalar(key) ? String(key.value) : ''];
    if (inner === undefined || !isScalar(key)) continue;
    if (inner.description !== undefined) key.commentBefore = ` ${inner.description}`;
    if (top) key.spaceBefore = true;
    comment(value, inner, false);
  }
}
