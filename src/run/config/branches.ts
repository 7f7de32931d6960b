/** JSON Schema of sections that come in kinds: which keys a section has depends on what stands in one of them. Pure. */
import type { z } from 'zod';

export type SchemaNode = z.core.JSONSchema.BaseSchema;

/** The keys of a section as it is written: those of its kind; of the first kind where none is said. */
export function propertiesOf(schema: SchemaNode, written: unknown): Readonly<Record<string, SchemaNode>> {
  const own = (schema.properties ?? {}) as Record<string, SchemaNode>;
  const kinds = schema.oneOf as readonly SchemaNode[] | undefined;
  if (!kinds) return own;
  const of = kinds.find((kind) =>
    Object.entries(kind.properties ?? {}).some(([key, node]) => decides(node, written, key)),
  );
  return { ...own, ...propertiesOf(of ?? (kinds[0] as SchemaNode), written) };
}

function decides(node: z.core.JSONSchema._JSONSchema, written: unknown, key: string): boolean {
  if (typeof node !== 'object' || (node.const === undefined && key !== 'kind')) return false;
  const value = (written as Record<string, unknown> | null | undefined)?.[key];
  return value !== undefined && (node.const === value || (node.enum?.includes(value as string) ?? false));
}
