/** What the fake server answers when it does not do what it was asked: at once by status, or later as a failed future. */

/** Refused at once. `detail` as SkyRL's servers have it; a string alone where `plain`. */
export class Refusal extends Error {
  readonly status: number;
  readonly detail: unknown;
  readonly plain: boolean;

  constructor(status: number, detail: unknown, plain = false) {
    super(typeof detail === 'string' ? detail : JSON.stringify(detail));
    this.status = status;
    this.detail = detail;
    this.plain = plain;
  }
}

/** Accepted, and failed when its turn came. */
export class OperationFailed extends Error {
  readonly category: 'user' | 'server';

  constructor(message: string, category: 'user' | 'server' = 'user') {
    super(message);
    this.category = category;
  }
}
