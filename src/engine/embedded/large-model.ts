/** Where a model counts as large: decisions that depend on its size alone, so that they are the same on every machine. Pure. */

/**
 * Parameters. From here on reading weights costs more than computing with them, and the runtime's plans of whole graphs cost more
 * memory than they save time (docs/log.md).
 */
export const largeModel = 1 << 24;

/** Parameters. From here on prompts are shared; what smaller models gain is little. */
export const sharingModel = 1 << 20;

/** What only a model of so many parameters has, unless it is asked for. */
export const byDefault = (asked: boolean | 'auto', parameters: number, from = largeModel): boolean =>
  asked === 'auto' ? parameters >= from : asked;
