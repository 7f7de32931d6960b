/** What is asked of `soar serve-skyrl`, and what it answers: a server command with its back-end's config, and the client's side of it. */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import type { RunConfig } from '../config/config.js';

export const skyrlBackends = ['jax', 'megatron'] as const;
export type SkyrlBackend = (typeof skyrlBackends)[number];

export interface SkyrlRequest {
  /** Hugging Face id or folder, as the server finds it. */
  readonly model: string;
  /** Of the model, where its folder is here: tells how large an adapter is. */
  readonly shape?: LlamaShape;
  readonly backend: SkyrlBackend;
  /** Per node; 0 computes on the CPU (JAX alone). */
  readonly gpus: number;
  readonly nodes: number;
  /** GPUs that one copy of the model is spread over. */
  readonly tensorParallel: number;
  readonly rank: number;
  readonly host: string;
  readonly port: number;
  /** Where the server keeps its database and checkpoints. */
  readonly state: string;
  /** In place of a SQLite file there. */
  readonly databaseUrl?: string;
  /** The run that the server is for. */
  readonly config: RunConfig;
}

/** Keys as SkyRL spells them. */
export type BackendConfig = Readonly<Record<string, unknown>>;

export interface SkyrlPlan {
  readonly request: SkyrlRequest;
  readonly slots: AdapterSlots;
  readonly backendConfig: BackendConfig;
  /** The command and its arguments, unquoted. */
  readonly command: readonly string[];
  /** The section `engine:` of the run's config. */
  readonly engine: Readonly<Record<string, unknown>>;
  /** What to know before it is started, a paragraph each. */
  readonly notes: readonly string[];
}

export interface AdapterSlots {
  /** g*r. */
  readonly students: number;
  /** Adapters that the client holds at once: students, teacher, baseline, and the base model where it must be one. */
  readonly client: number;
  /** Slots that the server is started with: those, one to spare, and one that JAX keeps for itself. */
  readonly server: number;
}
