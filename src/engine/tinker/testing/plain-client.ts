/** The protocol by plain `fetch`, for tests of the fake server: no retries, no checks, no types. */

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  readonly body: any;
}

export class PlainClient {
  private readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;
  private session: string | undefined;
  private models = 0;
  private readonly numbers = new Map<string, number>();

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url;
    this.headers = headers;
  }

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...this.headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    try {
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return { status: response.status, body: text };
    }
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.call('POST', path, body);
  }

  /** Asks until the promise is kept or broken. */
  async result({ body, status }: Reply): Promise<Reply> {
    if (status !== 200) return { status, body };
    for (;;) {
      const answer = await this.post('/retrieve_future', { request_id: body.request_id });
      if (answer.status !== 408 && answer.body?.type !== 'try_again') return answer;
    }
  }

  async sessionId(): Promise<string> {
    this.session ??= (await this.post('/create_session', { tags: [], sdk_version: '0' })).body.session_id as string;
    return this.session;
  }

  async model(rank = 4, more: object = {}): Promise<string> {
    const created = await this.post('/create_model', {
      session_id: await this.sessionId(),
      base_model: 'tiny',
      lora_config: { rank },
      model_seq_id: this.models++,
      ...more,
    });
    return (await this.result(created)).body.model_id as string;
  }

  /** A numbered request of a model, and its result. */
  async ask(path: string, model: string, body: object): Promise<Reply> {
    const seq_id = (this.numbers.get(model) ?? 0) + 1;
    this.numbers.set(model, seq_id);
    return this.result(await this.post(path, { model_id: model, seq_id, ...body }));
  }

  pass(model: string, data: readonly object[], loss_fn = 'cross_entropy', loss_fn_config?: object): Promise<Reply> {
    return this.ask('/forward_backward', model, { forward_backward_input: { data, loss_fn, loss_fn_config } });
  }

  forward(model: string, data: readonly object[]): Promise<Reply> {
    return this.ask('/forward', model, { forward_input: { data, loss_fn: 'cross_entropy' } });
  }

  step(model: string, adam: object = { learning_rate: 0.01 }): Promise<Reply> {
    return this.ask('/optim_step', model, { adam_params: adam });
  }

  /** @returns a sampling session on the weights as they are now */
  async snapshot(model: string): Promise<string> {
    const saved = await this.ask('/save_weights_for_sampler', model, { sampling_session_seq_id: this.models++ });
    return saved.body.sampling_session_id as string;
  }

  async sample(session: string, more: object = {}): Promise<Reply> {
    const asked = {
      num_samples: 2,
      prompt: modelInput([0, 1, 2]),
      sampling_params: { max_tokens: 4, seed: 1 },
      ...more,
    };
    return this.result(await this.post('/asample', { sampling_session_id: session, seq_id: 0, ...asked }));
  }
}

export const modelInput = (tokens: readonly number[]) => ({ chunks: [{ type: 'encoded_text', tokens }] });

/** A datum that scores the tokens after `prompt` of them with weight 1, or with the given weight. */
export function datum(tokens: readonly number[], prompt = 1, weight = 1) {
  const values = tokens.slice(1).map((_, t) => (t + 1 < prompt ? 0 : weight));
  return {
    model_input: modelInput(tokens.slice(0, -1)),
    loss_fn_inputs: {
      target_tokens: { data: tokens.slice(1), dtype: 'int64', shape: [tokens.length - 1] },
      weights: { data: values, dtype: 'float32', shape: [tokens.length - 1] },
    },
  };
}

/** As `datum`, for the losses of reinforcement learning. @param sampler log-probabilities of what follows the prompt */
export function rlDatum(tokens: readonly number[], prompt: number, advantage: number, sampler: readonly number[]) {
  const place = (value: (t: number) => number) => ({
    data: tokens.slice(1).map((_, t) => (t + 1 < prompt ? 0 : value(t + 1 - prompt))),
    dtype: 'float32',
    shape: [tokens.length - 1],
  });
  const { model_input, loss_fn_inputs } = datum(tokens, prompt);
  const { target_tokens } = loss_fn_inputs;
  return {
    model_input,
    loss_fn_inputs: { target_tokens, advantages: place(() => advantage), logprobs: place((t) => sampler[t]!) },
  };
}
