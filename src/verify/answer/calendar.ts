/** Times of day and dates. Anchored patterns without nested repetition, on short texts only. */
import type { ClockValue, DateValue } from './value.js';

const months = 'january february march april may june july august september october november december'.split(' ');

/** `4:30 p.m.`, `9 a.m.`, `4:51:06 PM`: a time that says which half of the day. */
export function readClock(plain: string): ClockValue | undefined {
  if (plain.length > 40) return undefined;
  const match = /^(\d{1,2})(?: ?: ?(\d{2}))?(?: ?: ?(\d{2}))? ?([ap])\.? ?m\.?\.?$/i.exec(plain);
  if (!match) return undefined;
  const [hours, minutes, seconds] = [match[1], match[2] ?? '0', match[3] ?? '0'].map(Number) as [
    number,
    number,
    number,
  ];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return { kind: 'clock', hours, minutes, seconds, half: match[4]?.toLowerCase() === 'a' ? 'am' : 'pm' };
}

/** `June 20`, `20 June 2024`, `June 20th, 2024`. */
export function readDate(plain: string): DateValue | undefined {
  if (plain.length > 40) return undefined;
  const text = plain.replace(/\.$/, '');
  const first = /^([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?$/.exec(text);
  const second = /^(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Za-z]{3,9})(?:,? (\d{4}))?$/.exec(text);
  const [name, day, year] = first ? [first[1], first[2], first[3]] : [second?.[2], second?.[1], second?.[3]];
  if (!name || !day) return undefined;
  const month = months.findIndex((full) => full === name.toLowerCase() || full.slice(0, 3) === name.toLowerCase());
  if (month < 0 || Number(day) < 1 || Number(day) > 31) return undefined;
  return { kind: 'date', month: month + 1, day: Number(day), year: year === undefined ? undefined : Number(year) };
}
