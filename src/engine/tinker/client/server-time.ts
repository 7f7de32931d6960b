/** Times that servers write down, by their own clocks. */

/** Milliseconds since the epoch; without a zone it is UTC. Undefined where there is none, or none that can be read. */
export function serverTimeOf(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(time) ? undefined : time;
}
