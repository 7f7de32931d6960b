/**
 * A policy of the embedded engine, seen from the main thread: checks what comes in, flattens it and sends it to the worker
 * where the policy lives. Large sampling requests are cut into fixed pieces that idle workers take on a copy of the weights, and
 * the micro-batches of a large update are dealt out to them; the pieces and the order of sums depend on the request alone, so
 * results do not depend on the number of workers.
 */
import { llamaLayout } from '../../checkpoints/llama-shape.js';
import type { Tokenizer } from '../../checkpoints/tokenizer.js';
import { SoarError } from '../../errors.js';
import { checkPrompts, checkSequences, checkTrainingBatch } from '../checks.js';
import type {
  Completion,
  OptimizerStep,
  Policy,
  PolicyState,
  SamplingOptions,
  Sequence,
  Tokens,
  TrainingBatch,
  UpdateMetrics,
} from '../engine.js';
import { decodeLlamaState, encodeLlamaState } from '../llama-state.js';
import { completionAt, flatSequences, raggedTokens, row, rowCount } from './flat-batch.js';
import { flatTrainingBatch } from './flatten-batch.js';
import { arrivedState, buffersIn, copiedState } from './moved-arrays.js';
import type { LoadedModel, Placement } from './placement.js';
import type { SamplingTask } from './sampler.js';
import type { FlatTrainingBatch, ShareOfGradient } from './trainer.js';
import type { WorkerLink } from './worker-link.js';

/** Parameters. */
const largestShared = 2 ** 20;

/** As many shares of an update as are worth a copy of the weights each (docs/log.md). */
const shareCount = ({ sequences }: FlatTrainingBatch): number =>
  Math.max(1, Math.floor(sequences.tokens.data.length / 512));

export class EmbeddedPolicy implements Policy {
  readonly model: string;
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
  readonly contextFrom: string;
  private readonly placement: Placement;
  private readonly loaded: LoadedModel;
  private readonly home: WorkerLink;
  private readonly id: number;
  /** Of larger models the copies and gradients weigh more than the work that is saved (docs/log.md). */
  private readonly sharesUpdates: boolean;
  /** Copies of the present weights on other workers, by worker; dropped when the weights change. */
  private readonly copies = new Map<WorkerLink, Promise<number>>();
  /** An update that several workers share: what is asked meanwhile waits for it. */
  private sharedUpdate: Promise<UpdateMetrics> | undefined;
  private released = false;

  constructor(placement: Placement, loaded: LoadedModel, home: WorkerLink, id: number) {
    this.placement = placement;
    this.loaded = loaded;
    this.model = loaded.hash;
    this.home = home;
    this.id = id;
    this.tokenizer = loaded.tokenizer;
    this.contextLength = loaded.shape.contextLength;
    this.sharesUpdates = llamaLayout(loaded.shape).size <= largestShared;
    this.contextFrom = loaded.contextFrom;
    home.policies++;
  }

  async fork(): Promise<Policy> {
    this.checkAlive();
    while (this.busy) await this.busy;
    const link = this.placement.leastPolicies();
    const id = this.placement.nextId();
    const policy = new EmbeddedPolicy(this.placement, this.loaded, link, id);
    if (link === this.home) await link.ask('fork', { policy: id, from: this.id });
    else {
      const { weights } = await this.home.ask('read', { policy: this.id, optimizer: false });
      await this.placement.create(link, this.loaded, id, weights);
    }
    return policy;
  }

  async sample(prompts: readonly Tokens[], options: SamplingOptions): Promise<Completion[][]> {
    this.checkAlive();
    checkPrompts(prompts, options, this, this.loaded.shape.vocabularySize);
    const perTask = Math.max(1, Math.floor(this.placement.settings.chunk / options.samplesPerPrompt));
    const tasks: SamplingTask[] = [];
    for (let first = 0; first < prompts.length; first += perTask) {
      tasks.push({ prompts: raggedTokens(prompts.slice(first, first + perTask)), firstPrompt: first, options });
    }
    while (this.busy) await this.busy;
    return (await Promise.all(tasks.map((task) => this.sampleTask(task)))).flat();
  }

  private async sampleTask(task: SamplingTask): Promise<Completion[][]> {
    const link = this.placement.idler(this.home);
    let policy = this.id;
    if (link !== this.home) policy = await this.copyOn(link);
    const flat = await link.ask('sample', { policy, task });
    const count = task.options.samplesPerPrompt;
    const ofPrompt = (p: number) => Array.from({ length: count }, (_, c) => completionAt(flat, p * count + c));
    return Array.from({ length: rowCount(task.prompts) }, (_, p) => ofPrompt(p));
  }

  /** What is awaited on this very promise is asked before `dropCopies` releases the copy. */
  private copyOn(link: WorkerLink): Promise<number> {
    // Counted before it can be asked, so that the next piece looks elsewhere.
    link.expected++;
    const copy = this.copyOf(link);
    const made = () => {
      link.expected--;
    };
    copy.then(made, made);
    return copy;
  }

  private copyOf(link: WorkerLink): Promise<number> {
    const read = async () => (await this.home.ask('read', { policy: this.id, optimizer: false })).weights;
    return this.copies.get(link) ?? this.newCopy(link, read());
  }

  private newCopy(link: WorkerLink, weights: ArrayBuffer | Promise<ArrayBuffer>): Promise<number> {
    const made = async () => {
      const id = this.placement.nextId();
      await this.placement.create(link, this.loaded, id, await weights);
      return id;
    };
    const copy = made();
    this.copies.set(link, copy);
    copy.catch(() => {
      if (this.copies.get(link) === copy) this.copies.delete(link);
    });
    return copy;
  }

  private dropCopies(): void {
    for (const [link, copy] of this.copies) {
      // The copy may still serve requests made before: a policy is served in order, so its release comes after them.
      void copy.then((id) => link.ask('release', { policy: id })).catch(() => undefined);
    }
    this.copies.clear();
  }

  async logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    this.checkAlive();
    checkSequences(sequences, this, this.loaded.shape.vocabularySize);
    const flat = flatSequences(sequences);
    while (this.busy) await this.busy;
    if (sequences.length === 0) return [];
    const scored = await this.home.ask('score', { policy: this.id, sequences: flat });
    return sequences.map((_, i) => row(scored, i));
  }

  async update(batch: TrainingBatch, step: OptimizerStep): Promise<UpdateMetrics> {
    this.checkAlive();
    checkTrainingBatch(batch, this, this.loaded.shape.vocabularySize);
    const flat = flatTrainingBatch(batch);
    while (this.busy) await this.busy;
    const helpers = this.sharesUpdates ? this.placement.idle(this.home, shareCount(flat) - 1) : [];
    if (helpers.length > 0) return this.updateWith(helpers, flat, step);
    this.dropCopies();
    return this.home.ask('train', { policy: this.id, batch: flat, step });
  }

  private updateWith(helpers: readonly WorkerLink[], batch: FlatTrainingBatch, step: OptimizerStep) {
    const shared = async () => {
      try {
        const shares = await this.shares(helpers, batch);
        this.dropCopies();
        const ask = { policy: this.id, shares, step, copies: helpers.length };
        const { metrics, weights } = await this.home.ask('step', ask, buffersIn(shares));
        // Who helped once is likely to help again; the step is made, whatever becomes of the copies.
        await Promise.allSettled(helpers.map((link, i) => this.newCopy(link, weights[i] as ArrayBuffer)));
        return metrics;
      } finally {
        this.sharedUpdate = undefined;
      }
    };
    this.sharedUpdate = shared();
    return this.sharedUpdate;
  }

  private async shares(helpers: readonly WorkerLink[], batch: FlatTrainingBatch): Promise<ShareOfGradient[]> {
    // Copies first: their home is read before it is busy with its own share.
    const copies = await Promise.all(helpers.map(async (link) => ({ link, policy: await this.copyOn(link) })));
    const all = [{ link: this.home, policy: this.id }, ...copies];
    return Promise.all(
      all.map(({ link, policy }, at) => link.ask('gradient', { policy, batch, share: { at, of: all.length } })),
    );
  }

  /**
   * Operations are applied in the order they were called: each looks, and then acts at once or waits and looks again, since another
   * that waited longer may have begun the next shared update.
   */
  private get busy(): Promise<unknown> | undefined {
    return this.sharedUpdate?.catch(() => undefined);
  }

  async save(what: { readonly optimizer?: boolean } = {}): Promise<PolicyState> {
    this.checkAlive();
    while (this.busy) await this.busy;
    const saved = await this.home.ask('read', { policy: this.id, optimizer: what.optimizer ?? true });
    return encodeLlamaState(this.loaded, arrivedState(saved));
  }

  async load(state: PolicyState): Promise<void> {
    this.checkAlive();
    const saved = copiedState(decodeLlamaState(this.loaded, state));
    while (this.busy) await this.busy;
    this.dropCopies();
    await this.home.ask('write', { policy: this.id, saved }, buffersIn(saved));
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.home.policies--;
    while (this.busy) await this.busy;
    this.dropCopies();
    await this.home.ask('release', { policy: this.id });
  }

  private checkAlive(): void {
    if (!this.released) return;
    throw new SoarError('ENGINE_RELEASED', 'this policy was released', {
      kind: 'internal',
      remedy: 'fork or open another one',
    });
  }
}
