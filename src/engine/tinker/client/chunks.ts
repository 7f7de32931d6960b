/** One `forward_backward` in parts of a size that servers take, and the parts' outputs as one. Pure. */
import type { Datum, Tensor, TrainingOutput } from '../wire/index.js';

export interface ChunkLimits {
  /** Most datums. */
  readonly length: number;
  /** Most bytes, by `datumBytes`. A datum above it goes alone. */
  readonly bytes: number;
}

/** In the order of the data. */
export function chunksOf(data: readonly Datum[], limits: ChunkLimits): Datum[][] {
  const chunks: Datum[][] = [];
  let bytes = 0;
  for (const datum of data) {
    const size = datumBytes(datum);
    const last = chunks.at(-1);
    if (last && last.length < limits.length && bytes + size <= limits.bytes) {
      last.push(datum);
      bytes += size;
    } else {
      chunks.push([datum]);
      bytes = size;
    }
  }
  return chunks;
}

/** As the official client estimates: four bytes for a token, and the tensors' own. */
export function datumBytes({ tokens, inputs }: Datum): number {
  const tensorBytes = ({ dtype, data }: Tensor) => data.length * (dtype === 'int64' ? 8 : 4);
  return tokens.length * 4 + Object.values(inputs).reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
}

/** Outputs in the order of the data; metrics as their names say (`loss:sum`), weighted by the number of datums. */
export function mergeOutputs(parts: readonly TrainingOutput[]): TrainingOutput {
  if (parts.length === 1) return parts[0] as TrainingOutput;
  const names = new Set(parts.flatMap(({ metrics }) => Object.keys(metrics)));
  return {
    outputType: parts[0]?.outputType ?? '',
    outputs: parts.flatMap(({ outputs }) => outputs),
    metrics: Object.fromEntries(Array.from(names, (name) => [name, mergeMetric(name, parts)])),
  };
}

function mergeMetric(name: string, parts: readonly TrainingOutput[]): number {
  const having = parts.filter(({ metrics }) => name in metrics);
  const values = having.map(({ metrics }) => metrics[name] as number);
  const sum = values.reduce((total, value) => total + value, 0);
  switch (name.slice(name.lastIndexOf(':') + 1)) {
    // A hash that does not depend on the order adds up.
    case 'sum':
    case 'hash_unordered':
      return sum;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'slack':
      return Math.max(...values) - mean(values, having);
    case 'unique':
    case 'last':
      return values.at(-1) as number;
    default:
      return mean(values, having);
  }
}

function mean(values: readonly number[], parts: readonly TrainingOutput[]): number {
  const weights = parts.map(({ outputs }) => outputs.length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0) / total;
}
